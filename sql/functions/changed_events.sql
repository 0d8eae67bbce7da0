-- The events that became visible between two snapshots, in the order of (xid, id), however late their transaction committed.
-- own: a transaction that counts as seen. Two branches, each on the index: what began after since, and what was running then;
-- never `xid >= xmin and not visible`, which one old open transaction turns into a scan of everything after it.
create function changed_events(
    since pg_snapshot, own xid8, upto pg_snapshot, after_xid xid8, after_id bigint, page_size integer
) returns table (xid xid8, id bigint)
language sql stable set search_path = statehub, pg_temp as $$
    select c.xid, c.id from (
        (
            select e.xid, e.id from progress_events as e
            where e.xid >= pg_snapshot_xmax(changed_events.since) and e.xid < pg_snapshot_xmax(changed_events.upto)
                and pg_visible_in_snapshot(e.xid, changed_events.upto) and e.xid is distinct from changed_events.own
                and (e.xid, e.id) > (changed_events.after_xid, changed_events.after_id)
            order by e.xid, e.id limit changed_events.page_size
        )
        union all
        (
            select e.xid, e.id
            from pg_snapshot_xip(changed_events.since) as r (xid) inner join progress_events as e on e.xid = r.xid
            where pg_visible_in_snapshot(e.xid, changed_events.upto) and e.xid is distinct from changed_events.own
                and (e.xid, e.id) > (changed_events.after_xid, changed_events.after_id)
            order by e.xid, e.id limit changed_events.page_size
        )
    ) as c
    -- transaction ids of before a restore mean nothing here
    where c.id >= (select p.first_event_id from epochs as p order by p.number desc limit 1)
    order by c.xid, c.id limit changed_events.page_size
$$;
comment on function changed_events is 'Events visible in upto and not in since, by (xid, id), from after on.';
