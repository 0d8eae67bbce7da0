-- Makes the counters anew from the tables, after a load with triggers off or a truncated ledger. One statement, so one
-- snapshot: a writer that is still open keeps its ledger rows, and they still count. Every revision grows.
create function rebuild_totals() returns void
language sql volatile security definer set search_path = statehub, pg_temp as $$
    select pg_advisory_xact_lock(hashtext('statehub.fold'));
    with gone as (delete from ledger returning tbl),
    bumped as (
        update revisions as r set base = r.base + 1 + (select count(*) from gone as g where g.tbl = r.tbl)
    ),
    actual as (
        select 'topics' as tbl, status::text as key, count(*) as n from topics group by status
        union all select 'workplans', status::text, count(*) from workplans group by status
        union all select 'decisions', status::text, count(*) from decisions group by status
        union all select 'tasks', status::text, count(*) from tasks group by status
    ),
    by_key as (
        insert into totals (tbl, key, n)
        select coalesce(a.tbl, t.tbl), coalesce(a.key, t.key), coalesce(a.n, 0)
        from actual as a full join totals as t on a.tbl = t.tbl and a.key = t.key
        on conflict (tbl, key) do update set n = excluded.n
    ),
    by_workplan as (
        insert into workplan_totals (workplan, key, n)
        select coalesce(a.workplan, t.workplan), coalesce(a.key, t.key), coalesce(a.n, 0)
        from (select workplan, status::text as key, count(*) as n from tasks group by workplan, status) as a
        full join workplan_totals as t on a.workplan = t.workplan and a.key = t.key
        on conflict (workplan, key) do update set n = excluded.n
    )
    select pg_notify('statehub', s.section) from (select distinct section from revisions) as s
$$;
comment on function rebuild_totals is 'Counters from count(*), revisions up by one, every section notified.';
