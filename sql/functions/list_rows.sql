-- A page of rows as served: {"items": […], "next": key or null}. sort: a name of list_sorts, with - in front the other way.
-- after: the key of the last row that was seen; a page goes on exactly there, whatever was added meanwhile. The page is found
-- in the table alone, where the indexes are; only its rows are looked up in the view.
create function list_rows(kind text, filters jsonb, sort text, fields text [], after jsonb, page_size integer) returns text
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    k kinds;
    s list_sorts;
    newest_first boolean := sort like '-%';
    columns text;
    page_key text;
    page_after text;
    page text;
begin
    select * into k from kinds where kinds.kind = list_rows.kind;
    select * into s from list_sorts as l where l.kind = list_rows.kind and l.name = ltrim(list_rows.sort, '-');
    select string_agg(format('v.%I', c.name), ', ' order by coalesce(array_position(fields, c.name), c.position)) into columns
    from served_columns as c where c.kind = list_rows.kind and (fields is null or c.name = any(fields));
    page_key := array_to_string(s.key, ', ');
    if after is not null then
        select format('and (%s) %s (%s)', page_key, case when newest_first then '<' else '>' end,
            string_agg(format('%L::%s', after ->> (p.n - 1)::integer, p.type), ', ' order by p.n))
        into page_after from unnest(s.types) with ordinality as p (type, n);
    end if;
    execute format(
        'with page as materialized (
            select row_number() over (order by %1$s) as n, jsonb_build_array(%2$s) as key, b.%3$I as row_key
            from %4$I as b where %5$s %6$s order by %1$s limit $1 + 1
        ), items as materialized (
            select p.n, to_json(i) as item
            from page as p inner join %7$I as v on p.row_key = v.%3$I cross join lateral (select %8$s) as i where p.n <= $1
        )
        select json_build_object(
            ''items'', coalesce((select json_agg(i.item order by i.n) from items as i), ''[]''),
            ''next'', (select p.key from page as p where p.n = $1 and exists (select from page where page.n > $1))
        )::text',
        case when newest_first then array_to_string(s.key, ' desc, ') || ' desc' else page_key end, page_key, k.key_column,
        k.tbl, list_conditions(kind, filters), page_after, k.row_view, columns
    ) into page using page_size;
    return page;
end
$$;
comment on function list_rows is 'A page of rows of this kind, as JSON text.';
