-- Compares the counters with the tables themselves. Reads every row: for tests, doctor, and after a repair.
create function verify_totals() returns table (tbl text, scope uuid, key text, counted bigint, actual bigint)
language sql stable set search_path = statehub, pg_temp as $$
    with counted as (
        select t.tbl, null::uuid as scope, t.key, t.n from current_totals as t
        union all select 'tasks', c.workplan, c.key, c.n from current_workplan_totals as c
    ),
    actual as (
        select 'topics' as tbl, null::uuid as scope, status::text as key, count(*) as n from topics group by status
        union all select 'workplans', null, status::text, count(*) from workplans group by status
        union all select 'decisions', null, status::text, count(*) from decisions group by status
        union all select 'tasks', null, status::text, count(*) from tasks group by status
        union all select 'tasks', workplan, status::text, count(*) from tasks group by workplan, status
    ),
    wrong as (
        select c.tbl, c.scope, c.key, c.n as counted, 0 as actual from counted as c
        union all select a.tbl, a.scope, a.key, 0, a.n from actual as a
    )
    select w.tbl, w.scope, w.key, sum(w.counted)::bigint, sum(w.actual)::bigint from wrong as w
    group by w.tbl, w.scope, w.key having sum(w.counted) <> sum(w.actual)
$$;
comment on function verify_totals is 'The totals that differ from count(*): none, unless triggers were off.';
