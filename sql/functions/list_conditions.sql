-- The filters of a list as one SQL condition over the table b. One value becomes an equality, which keeps an index's order.
create function list_conditions(kind text, filters jsonb) returns text
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    f record;
    vals text [];
    found text [] := '{}';
begin
    for f in
        select l.name, l.refers, l.value_type, l.condition, w.value
        from jsonb_each(filters) as w inner join list_filters as l on l.kind = list_conditions.kind and w.key = l.name
        order by l.name
    loop
        vals := array(select jsonb_array_elements_text(f.value));
        if f.refers is not null then
            vals := ids_of(f.refers, vals)::text [];
        elsif f.name in ('slug', 'code', 'domain') then
            vals := array(select lower(v) from unnest(vals) as v);
        end if;
        found := found || format(
            f.condition, case when cardinality(vals) = 1 then format('= %L::%s', vals[1], f.value_type)
                else format('= any(%L::%s [])', vals, f.value_type) end, vals, vals[1]
        );
    end loop;
    return array_to_string(coalesce(nullif(found, '{}'), '{true}'), ' and ');
end
$$;
comment on function list_conditions is 'A list''s filters (name to list of values, any of which will do) as SQL.';
