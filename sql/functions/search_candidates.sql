-- SQL of the rows of one kind that search ranks: the row of that short name, the 50 newest hits in titles, the 50 newest of
-- all. What an index cannot tell (the order of a phrase) is told of 200, after the others are found. Costs are bounded: a
-- rare word is looked up in the index; a common one, which the index would give too many rows for, among the 1,000 newest
-- rows.
create function search_candidates(kind text, typed text, language text, repos uuid [], statuses text []) returns text
language sql volatile set search_path = statehub, pg_temp as $$
    select format(
        'select %L as kind, %L as path, %s as name, %s as title, %s as status, %s as repo, %s as workplan, %s as at, c.is_named,
            coalesce(%s @@ $1, false) as is_titled, ts_rank(v.vector, $1) as rank, %L::text [] as fields, array[%s, %s, %s] as texts
        from (select u.id, bool_or(u.is_named) as is_named from (%s) as u (id, is_named) group by u.id) as c
        inner join %I as b on c.id = b.id
        cross join lateral (select %s as vector offset 0) as v
        where c.is_named or v.vector @@ $1',
        k.kind, k.path, k.name, k.title, k.status, k.repo, k.workplan, k.moment, coalesce(e.titles, 'null::tsvector'),
        array['title', replace(k.described, 'b.', ''), replace(k.reasoned, 'b.', '')],
        k.title, coalesce(k.described, 'null'), coalesce(k.reasoned, 'null'),
        string_agg(format(
            case when s.is_named then '(select b.id, true as is_named from %1$I as b where %2$s and %3$s)'
                when search_is_rare(k.tbl, s.condition) then
                    '(select f.id, false from (select b.* from %1$I as b where %2$s and %3$s offset 0) as f order by %6$s limit %5$s)'
                else '(select b.id, false from (select b.* from %1$I as b where %3$s order by %4$s limit 1000) as b
                    where %2$s order by %4$s limit %5$s)'
            end,
            k.tbl, s.condition, w.condition, k.newest, case when q.strict = q.loose then 50 else 200 end,
            replace(k.newest, 'b.', 'f.')
        ), ' union all '),
        k.tbl, e.texts
    )
    from searched_kinds as k
    cross join lateral (select search_query(typed, language) as strict, search_query(typed, language, true) as loose) as q
    cross join lateral (
        select
            search_vector(k.titled, null, null, language) as titles,
            search_vector(k.titled, k.described, k.reasoned, language) as texts
    ) as e
    cross join lateral (
        values
        (true, k.named || format(' = %L', lower(btrim(typed)))),
        (false, e.titles || format(' @@ %L::tsquery', q.loose)),
        (false, case when k.described is not null then concat_ws(' and ', k.among, e.texts || format(' @@ %L::tsquery', q.loose)) end)
    ) as s (is_named, condition)
    cross join lateral (
        select concat_ws(' and ', 'true',
            case when repos is not null then format('%s = any(%L::uuid [])', k.repo, repos) end,
            case when statuses is not null then format('%s = any(%L::text [])', k.status, statuses) end
        ) as condition
    ) as w
    where k.kind = search_candidates.kind and s.condition is not null and (q.loose is not null or s.is_named)
    group by
        k.kind, k.path, k.tbl, k.name, k.title, k.described, k.reasoned, k.status, k.repo, k.workplan, k.moment, k.newest,
        e.titles, e.texts
$$;
comment on function search_candidates is 'SQL that finds the newest hits of a kind, and ranks them.';
