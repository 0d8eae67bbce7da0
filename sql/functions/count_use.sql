-- One more use of a legacy interface, of this caller, today (UTC). One row a day and caller; its table is not watched.
create function count_use(kind legacy_kind, name text, caller text) returns legacy_interfaces
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    used legacy_interfaces;
begin
    select * into used from legacy_interfaces as i where i.kind = count_use.kind and i.name = count_use.name;
    if not found then return null; end if;
    insert into legacy_usage as u (interface, used_on, caller, uses, last_used_at)
    values (used.id, (clock_timestamp() at time zone 'UTC')::date, count_use.caller, 1, clock_timestamp())
    on conflict on constraint legacy_usage_pkey do update set uses = u.uses + 1, last_used_at = excluded.last_used_at;
    return used;
end
$$;
comment on function count_use is 'Counts a use; the interface, or null where none is registered under that name.';
