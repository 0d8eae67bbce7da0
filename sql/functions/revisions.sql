-- The label of a snapshot: epoch, revision of each section and table, and the snapshot itself. First statement of a build,
-- and what the poll asks each second.
create function revisions()
returns table (epoch text, core bigint, progress bigint, snapshot text, pending bigint, tables json)
language sql stable set search_path = statehub, pg_temp set jit = off as $$
    with pending as (select l.tbl, count(*) as n from ledger as l group by l.tbl),
    watched as (
        select r.tbl, r.section, r.base + coalesce(p.n, 0) as revision, coalesce(p.n, 0) as pending
        from revisions as r left join pending as p on r.tbl = p.tbl
    )
    select
        epoch(), coalesce(sum(w.revision) filter (where w.section = 'core'), 0)::bigint,
        coalesce(sum(w.revision) filter (where w.section = 'progress'), 0)::bigint,
        pg_current_snapshot()::text, coalesce(sum(w.pending), 0)::bigint, json_object_agg(w.tbl, w.revision order by w.tbl)
    from watched as w
$$;
comment on function revisions is 'Epoch, section revisions, snapshot, unfolded ledger rows, and the revision of each table.';
