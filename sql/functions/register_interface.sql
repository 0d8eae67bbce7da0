-- A legacy interface, by kind and name; again: its successor, sunset and days, as far as they are sent. Bumps nothing.
create function register_interface(doc jsonb)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8,
    created boolean
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    wanted legacy_interfaces := jsonb_populate_record(null::legacy_interfaces, doc);
    target uuid;
begin
    insert into legacy_interfaces as i (kind, name, successor, sunset_at, retire_after_days)
    values (wanted.kind, wanted.name, wanted.successor, wanted.sunset_at, coalesce(wanted.retire_after_days, 30))
    on conflict on constraint legacy_interfaces_name_taken do nothing
    returning i.id into target;
    created := target is not null;
    update legacy_interfaces as i
    set successor = n.successor, sunset_at = n.sunset_at, retire_after_days = n.retire_after_days
    from legacy_interfaces as o cross join lateral jsonb_populate_record(o, doc) as n
    where i.kind = wanted.kind and i.name = wanted.name and o.id = i.id
        and (i.successor, i.sunset_at, i.retire_after_days) is distinct from (n.successor, n.sunset_at, n.retire_after_days);
    return query
    select to_json(v)::text, v.version, v.name, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned(),
        register_interface.created
    from (
        select l.* from legacy_rows as l where l.kind = wanted.kind and l.name = wanted.name
    ) as v cross join revisions() as r;
end
$$;
comment on function register_interface is 'Registers or updates a legacy interface; as written() does, and whether it made the row.';
