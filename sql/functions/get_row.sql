create function get_row(kind text, named text)
returns table (body text, version integer)
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    k kinds;
begin
    select * into k from kinds where kinds.kind = get_row.kind;
    if k.kind = 'domains' then
        return query
        select row_to_json(d)::text, d.version from domain_rows as d where d.slug = lower(named);
        if not found then
            raise exception 'There is no domain %; GET /domains lists them', left(named, 200) using errcode = 'SH404';
        end if;
        return;
    end if;
    return query execute format(
        'select row_to_json(v)::text, v.version from %I as v where v.id = $1', k.row_view
    ) using row_id(kind, named);
end
$$;
comment on function get_row is 'One row as served, by short name or id; SH404 when there is none.';
