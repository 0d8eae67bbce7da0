-- The batch as two temporary tables. The rows that it names are locked first, in the order of their ids, so that the versions
-- read after it stay as they are.
create function unpack_plans(doc jsonb) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    perform from workplans as w
    where lower(w.code) in (select lower(p ->> 'code') from jsonb_array_elements(doc -> 'workplans') as p)
    order by w.id for no key update;
    perform from tasks as t
    where lower(t.code) in (
        select lower(k ->> 'code')
        from jsonb_array_elements(doc -> 'workplans') as p cross join lateral jsonb_array_elements(p -> 'tasks') as k
    )
    order by t.id for no key update;
    create temporary table batch_plans on commit drop as
    select
        p.n - 1 as at, p.doc - '{code,version,tasks,topic}'::text [] as doc, p.doc ->> 'code' as code,
        (p.doc ->> 'version')::integer as expected, p.doc -> 'tasks' as tasks, p.doc ? 'topic' as names_topic,
        p.doc ->> 'topic' as topic, t.id as topic_id, w.id, w.repo, w.version as found
    from jsonb_array_elements(doc -> 'workplans') with ordinality as p (doc, n)
    left join workplans as w on lower(p.doc ->> 'code') = lower(w.code)
    left join topics as t on lower(p.doc ->> 'topic') in (t.slug, t.id::text);
    create temporary table batch_tasks on commit drop as
    select
        p.at as plan_at, k.n - 1 as at, k.doc - '{code,version}'::text [] as doc, k.doc ->> 'code' as code,
        (k.doc ->> 'version')::integer as expected, t.id, t.workplan, t.version as found
    from batch_plans as p
    cross join lateral jsonb_array_elements(p.tasks) with ordinality as k (doc, n)
    left join tasks as t on lower(k.doc ->> 'code') = lower(t.code);
    create index on batch_tasks (plan_at, at);
    analyze batch_plans, batch_tasks;
end
$$;
comment on function unpack_plans is 'Makes batch_plans and batch_tasks of a sync''s document, with the rows that are there, locked.';
