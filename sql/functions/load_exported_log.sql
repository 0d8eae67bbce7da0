-- The other half of load_export: events with their numbers, the counters behind numbers, and the legacy meter.
create function load_exported_log(doc jsonb) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
begin
    insert into progress_events overriding system value
    select d.*
    from jsonb_array_elements(doc -> 'progress') as x
    left join managed_repos as r on x ->> 'repo' = r.slug
    left join topics as p on x ->> 'topic' = p.slug
    left join workplans as w on lower(x ->> 'workplan') = lower(w.code)
    left join tasks as t on lower(x ->> 'task') = lower(t.code)
    left join decisions as k on lower(x ->> 'decision') = lower(k.code)
    cross join lateral jsonb_populate_record(null::progress_events, x || jsonb_build_object(
        'repo', r.id, 'topic', p.id, 'workplan', w.id, 'task', t.id, 'decision', k.id, 'xid', pg_current_xact_id()::text
    )) as d
    order by d.id;
    perform setval(pg_get_serial_sequence('progress_events', 'id'), greatest(max(p.id), 1)) from progress_events as p;
    perform setval('decision_number', greatest(max(substring(d.code from '^DEC-([0-9]{1,9})$')::integer), 1))
    from decisions as d having count(*) > 0;
    insert into code_counters (scope, last)
    select coalesce(w.id, r.id), (x ->> 'last')::integer
    from jsonb_array_elements(doc -> 'counter') as x
    left join managed_repos as r on x ->> 'repo' = r.slug
    left join workplans as w on lower(x ->> 'workplan') = lower(w.code)
    where coalesce(w.id, r.id) is not null;
    insert into legacy_interfaces
    select d.*
    from jsonb_array_elements(doc -> 'legacy_interface') as x
    cross join lateral jsonb_populate_record(null::legacy_interfaces, x || jsonb_build_object('kind', x -> 'legacy_kind')) as d;
    insert into legacy_usage
    select d.*
    from jsonb_array_elements(doc -> 'legacy_use') as x
    left join legacy_interfaces as i on x ->> 'legacy_kind' = i.kind::text and x ->> 'interface' = i.name
    cross join lateral jsonb_populate_record(null::legacy_usage, x || jsonb_build_object('interface', i.id)) as d;
end
$$;
comment on function load_exported_log is 'Inserts events, counters and the legacy meter of an exported hub.';
