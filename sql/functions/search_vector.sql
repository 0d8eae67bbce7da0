-- The expression over b that is indexed and searched: words as they stand and, beside them, as the language has them. Signs
-- that join words are spaces, so that STATE-WP-0003, a_path/to.py and <b> are words in a row, and are found by each of them
-- (by regexp_replace: translate takes as long as to_tsvector). Cut at 20,000 characters a column: a tsvector has at most
-- 1 MB, and a write must not fail for it.
create function search_vector(titled text, described text, reasoned text, language text) returns text
language sql immutable set search_path = statehub, pg_temp as $$
    select '(' || string_agg(format(
        'setweight(to_tsvector(''pg_catalog.%s'', regexp_replace(left(coalesce(%s, ''''), 20000), %L, '' '', ''g'')), %L)',
        c.config, p.expression, '[' || replace(search_signs(), '\', '\\') || ']', p.weight
    ), ' || ' order by p.weight, c.config = 'simple') || ')'
    from (values (titled, 'A'), (described, 'B'), (reasoned, 'C')) as p (expression, weight)
    cross join (select distinct u.config from unnest(array['simple', language]) as u (config)) as c
    where p.expression is not null
$$;
comment on function search_vector is 'SQL of a row''s search vector: titled has weight A, described B, reasoned C.';
