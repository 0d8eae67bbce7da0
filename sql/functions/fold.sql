-- Moves the ledger into the counters, in one statement: the sums are the same in every snapshot, before and after.
-- Called about once a second by whichever API process comes first; the others pass by.
create function fold() returns bigint
language sql volatile security definer set search_path = statehub, pg_temp as $$
    with gone as (
        delete from ledger
        where (select pg_try_advisory_xact_lock(hashtext('statehub.fold')))
        returning tbl, scope, key, n
    ),
    by_table as (
        update revisions as r set base = r.base + g.n
        from (select gone.tbl, count(*) as n from gone group by gone.tbl) as g
        where r.tbl = g.tbl
    ),
    by_key as (
        insert into totals (tbl, key, n)
        select gone.tbl, gone.key, sum(gone.n) from gone
        where gone.key is not null group by gone.tbl, gone.key having sum(gone.n) <> 0
        on conflict (tbl, key) do update set n = totals.n + excluded.n
    ),
    by_workplan as (
        insert into workplan_totals (workplan, key, n)
        select gone.scope, gone.key, sum(gone.n) from gone
        where gone.scope is not null group by gone.scope, gone.key having sum(gone.n) <> 0
        on conflict (workplan, key) do update set n = workplan_totals.n + excluded.n
    )
    select count(*) from gone
$$;
comment on function fold is 'Moves the ledger into the counters; returns how many rows went.';
