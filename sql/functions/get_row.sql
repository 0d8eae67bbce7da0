create function get_row(kind text, named text)
returns table (body text, version integer)
language plpgsql stable set search_path = statehub, pg_temp as $$
begin
    if kind = 'domains' then
        return query select r.body, r.version from row_body(kind, lower(named)) as r;
    elsif kind <> 'progress' then
        return query select r.body, r.version from row_body(kind, row_id(kind, named)::text) as r;
    elsif named ~ '^[0-9]{1,18}$' then
        return query select r.body, r.version from row_body(kind, named) as r;
    end if;
    if not found then
        raise exception 'There is no % %; GET /% lists them',
            case kind when 'domains' then 'domain' else 'event' end, left(named, 200), kind using errcode = 'SH404';
    end if;
end
$$;
comment on function get_row is 'One row as served, by short name or id; SH404 when there is none.';
