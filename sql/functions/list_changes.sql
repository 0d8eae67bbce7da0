-- A page of /state/changes. Without upto it is taken now, and later pages are given the same one: the answer's label is the
-- next token. One statement, so label and events are of one snapshot.
create function list_changes(
    since pg_snapshot, own xid8, upto pg_snapshot, after_xid xid8, after_id bigint, page_size integer
)
returns table (
    epoch text, core bigint, progress bigint, snapshot text, items text, last_xid xid8, last_id bigint, more boolean
)
language sql stable set search_path = statehub, pg_temp as $$
    with found as materialized (
        select c.xid, c.id, row_number() over (order by c.xid, c.id) as n
        from changed_events(
            list_changes.since, list_changes.own, coalesce(list_changes.upto, pg_current_snapshot()),
            coalesce(list_changes.after_xid, '0'), coalesce(list_changes.after_id, 0), list_changes.page_size + 1
        ) as c
    )
    select
        r.epoch, r.core, r.progress, r.snapshot,
        coalesce((
            select json_agg(v order by f.n) from found as f inner join event_rows as v on f.id = v.id
            where f.n <= list_changes.page_size
        ), '[]')::text,
        (select f.xid from found as f where f.n = list_changes.page_size),
        (select f.id from found as f where f.n = list_changes.page_size),
        (select count(*) from found) > list_changes.page_size
    from revisions() as r
$$;
comment on function list_changes is 'Events since a token, as JSON; with the label of the snapshot, and the key of the last.';
