-- The indexes that search in this language needs. A name carries a digest of its definition: another language or expression
-- is another index. What is found in titles is looked for first, so titles have an index of their own.
create function search_indexes(language text) returns table (name text, tbl text, definition text, among text)
language sql stable set search_path = statehub, pg_temp as $$
    select format('search_%s_%s_%s', k.kind, v.part, left(md5(concat(v.expression, v.among)), 8)), k.tbl, v.expression, v.among
    from searched_kinds as k
    cross join lateral (
        select 'titles', replace(search_vector(k.titled, null, null, language), 'b.', ''), replace(k.among, 'b.', '') where k.titled is not null
        union all
        select 'texts', replace(search_vector(k.titled, k.described, k.reasoned, language), 'b.', ''), replace(k.among, 'b.', '')
        where k.described is not null
    ) as v (part, expression, among)
    order by 1
$$;
comment on function search_indexes is 'Name, table, expression and condition of each GIN index that search needs in this language.';
