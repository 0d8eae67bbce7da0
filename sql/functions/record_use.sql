create function record_use(doc jsonb, caller text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    used legacy_interfaces := count_use((doc ->> 'kind')::legacy_kind, doc ->> 'name', caller);
begin
    if used.id is null then
        raise exception 'no % interface of that name is registered; GET /legacy-meter lists them', doc ->> 'kind'
            using errcode = 'SH422', column = 'name';
    end if;
    return query
    select
        json_build_object(
            'kind', used.kind, 'name', used.name, 'successor', used.successor, 'sunset_at', used.sunset_at, 'caller', u.caller,
            'used_on', u.used_on, 'uses', u.uses
        )::text,
        null::integer, used.name, r.epoch, r.core, r.progress, r.snapshot, pg_current_xact_id_if_assigned()
    from legacy_usage as u cross join revisions() as r
    where u.interface = used.id and u.caller = record_use.caller and u.used_on = (clock_timestamp() at time zone 'UTC')::date;
end
$$;
comment on function record_use is 'Counts a use; answers with the caller''s uses today, and the parts of a revision token.';
