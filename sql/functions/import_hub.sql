-- Reads a whole exported hub into an empty one: what the seed put there makes room, the rows come as they were written, and
-- no event tells of it, since the log is part of what comes. A new epoch begins: ids of the seed's rows and events are now
-- others', so no cache and no token of before may be trusted. Whoever may call it can write everything: so it refuses a hub in
-- which anything was done, under a lock that keeps writers out until it has ended. Readers go on.
create function import_hub(doc jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile security definer set search_path = statehub, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('statehub.settle')); -- else settle() would wait for the locks below
    lock table topics, managed_repos, workplans, tasks, decisions, workplan_dependencies, task_dependencies, progress_events,
        domains, escalation_keywords in share row exclusive mode;
    if not hub_is_empty() then
        raise exception 'This hub is not empty: a whole hub goes into an empty one only, such as a new data directory has'
            using errcode = 'SH409';
    end if;
    perform arm_for_import(false);
    delete from progress_events;
    delete from legacy_usage;
    delete from legacy_interfaces;
    delete from topics;
    delete from domains;
    delete from escalation_keywords;
    perform load_export(doc);
    perform arm_for_import(true), start_epoch(true);
    return query
    select
        json_build_object('created', true, 'counts', (
            select json_object_agg(d.key, jsonb_array_length(d.value)) from jsonb_each(doc) as d
        ))::text,
        null::integer, null::text, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from revisions() as r;
end
$$;
comment on function import_hub is 'Inserts an exported hub, {kind: [row]}, into an empty one; SH409 where it is not.';
