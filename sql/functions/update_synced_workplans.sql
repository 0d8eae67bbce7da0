-- Last, since a base may name tasks that had no code: a key +N of its tasks stands for the N-th task of the plan in the batch.
create function update_synced_workplans() returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    changed integer;
begin
    update batch_plans as b
    set doc = jsonb_set(b.doc, '{sync_base,tasks}', (
        select jsonb_object_agg(coalesce(k.code, e.key), e.value)
        from jsonb_each(b.doc #> '{sync_base,tasks}') as e left join batch_tasks as k on k.plan_at = b.at and e.key = '+' || k.at
    ))
    where jsonb_path_exists(b.doc, '$.sync_base.tasks.keyvalue() ? (@.key starts with "+")');
    with updated as (
        update workplans as w
        set topic = n.topic, title = n.title, description = n.description, owner = n.owner, status = n.status, priority = n.priority,
            due_at = n.due_at, labels = n.labels, source_path = n.source_path, sync_base = n.sync_base
        from (
            select o.id, b.expected, case when b.names_topic then b.topic_id else o.topic end as topic, p.title, p.description, p.owner,
                p.status, p.priority, p.due_at, p.labels, p.source_path, p.sync_base
            from batch_plans as b inner join workplans as o on b.id = o.id
            cross join lateral jsonb_populate_record(o, b.doc) as p
        ) as n
        where w.id = n.id
            and (
                w.topic, w.title, w.description, w.owner, w.status, w.priority, w.due_at, w.labels, w.source_path, w.sync_base
            ) is distinct from (
                n.topic, n.title, n.description, n.owner, n.status, n.priority, n.due_at, n.labels, n.source_path, n.sync_base
            )
        returning n.expected
    )
    select count(u.expected) into changed from updated as u;
    return jsonb_build_object('workplans_updated', changed);
end
$$;
comment on function update_synced_workplans is 'Updates the workplans of the batch, their bases with the codes that were given; how many.';
