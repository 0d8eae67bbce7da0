-- What a sync found in a repository's files, in one transaction and with one event a kind of change. Nothing is written where a
-- row has moved on since it was read, nor where nothing differs: then last_synced_at stays too.
create function sync_plans(named text, doc jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id('repos', named);
    done jsonb;
begin
    perform set_config('statehub.bulk', 'on', true), set_config('statehub.event_type', 'sync', true);
    perform unpack_plans(doc);
    perform refuse_moved_plans(target);
    done := insert_synced_workplans(target);
    done := done || write_synced_tasks();
    done := done || write_synced_dependencies();
    done := done || update_synced_workplans();
    if exists (select from jsonb_each_text(done) as d where d.value <> '0') then
        update managed_repos as r set last_synced_at = clock_timestamp() where r.id = target;
    end if;
    return query
    select
        json_build_object(
            'repo', m.slug, 'last_synced_at', m.last_synced_at, 'counts', done,
            'workplans', coalesce((
                select json_agg(json_build_object('code', w.code, 'version', w.version, 'tasks', coalesce(k.tasks, '[]')) order by b.at)
                from batch_plans as b inner join workplans as w on b.id = w.id
                left join (
                    select c.plan_at, json_agg(json_build_object('code', t.code, 'version', t.version) order by c.at) as tasks
                    from batch_tasks as c inner join tasks as t on c.id = t.id group by c.plan_at
                ) as k on b.at = k.plan_at
            ), '[]')
        )::text,
        null::integer, m.slug, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from managed_repos as m cross join revisions() as r where m.id = target;
    drop table batch_plans, batch_tasks;
end
$$;
comment on function sync_plans is 'Writes a batch of workplans and tasks; answers with codes and versions in the batch''s order. SH409: rows moved.';
