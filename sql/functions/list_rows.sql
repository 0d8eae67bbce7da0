-- A page of rows as served: {"items": […], "next": key or null}. filters: column to list of values, any of which will do.
-- after: the key of the last row that was seen. The key never changes and only grows, so a page repeats no row and skips none
-- that was there before.
create function list_rows(kind text, filters jsonb, fields text [], after jsonb, page_size integer) returns text
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    k kinds;
    wheres text;
    columns text;
    page_key text;
    page_order text;
    page_after text;
    page text;
begin
    select * into k from kinds where kinds.kind = list_rows.kind;
    select string_agg(
        case when c.is_short_name then format('lower(v.%I) = any(%L::text [])', c.name, lower(f.vals::text))
            else format('v.%I = any(%L::%s [])', c.name, f.vals, c.type) end, ' and '
    ) into wheres
    from (
        select e.key, array(select jsonb_array_elements_text(e.value)) as vals from jsonb_each(filters) as e
    ) as f
    inner join served_columns as c on c.kind = list_rows.kind and f.key = c.name;
    select string_agg(format('v.%I', c.name), ', ' order by coalesce(array_position(fields, c.name), c.position)) into columns
    from served_columns as c where c.kind = list_rows.kind and (fields is null or c.name = any(fields));
    select
        string_agg(format('v.%I', c.name), ', ' order by p.n),
        string_agg(format('v.%I %s', c.name, case when k.newest_first then 'desc' else 'asc' end), ', ' order by p.n),
        string_agg(format('($1 ->> %s)::%s', p.n - 1, c.type), ', ' order by p.n)
    into page_key, page_order, page_after
    from unnest(k.page_key) with ordinality as p (name, n)
    inner join served_columns as c on c.kind = list_rows.kind and p.name = c.name;
    execute format(
        'with page as (
            select row_number() over (order by %2$s) as n, jsonb_build_array(%1$s) as key, to_json(i) as item
            from %3$I as v cross join lateral (select %4$s) as i
            where %5$s and ($1 is null or (%1$s) %6$s (%7$s)) order by %2$s limit $2 + 1
        )
        select json_build_object(
            ''items'', coalesce(json_agg(item order by n) filter (where n <= $2), ''[]''),
            ''next'', case when count(*) > $2 then (select key from page where n = $2) end
        )::text from page',
        page_key, page_order, k.row_view, columns, coalesce(wheres, 'true'),
        case when k.newest_first then '<' else '>' end, page_after
    ) into page using after, page_size;
    return page;
end
$$;
comment on function list_rows is 'A page of rows of this kind, as JSON text.';
