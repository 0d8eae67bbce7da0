-- Ranked hits of all kinds: {"items": […], "more": whether others follow}. A short name as typed comes first, then what has
-- the words in its title or name, then what has them elsewhere, each by rank. Dynamic, since the language is in the
-- indexes' expressions, and the planner must see the query. The settings say what a vector costs, and keep a bitmap exact.
create function search(typed text, kinds text [], repos text [], statuses text [], page_size integer, skip integer) returns text
language plpgsql volatile set search_path = statehub, pg_temp 
set random_page_cost = 1.1 set cpu_operator_cost = 0.02 set work_mem = '64MB' as $$
declare
    language text := (select l.language from search_language as l);
    query tsquery := search_query(typed, language);
    only_repos uuid [] := case when repos is not null then ids_of('repos', repos) end;
    candidates text;
    found text;
begin
    select string_agg(search_candidates(k.kind, typed, language, only_repos, statuses), ' union all ') into candidates
    from searched_kinds as k where kinds is null or k.kind = any(kinds);
    execute format(
        'with hits as materialized (
            select c.*, row_number() over (order by c.is_named desc, c.is_titled desc, c.rank desc, c.at desc, c.path, c.name) as n
            from (%s) as c
        ), page as materialized (select h.* from hits as h where h.n > $4 order by h.n limit $3 + 1)
        select json_build_object(
            ''items'', coalesce(json_agg(json_build_object(
                ''kind'', p.kind, ''name'', p.name, ''title'', p.title, ''status'', p.status, ''repo'', r.slug, ''workplan'', w.code,
                ''at'', p.at, ''href'', ''/'' || p.path || ''/'' || p.name, ''rank'', round(p.rank::numeric, 4),
                ''highlight'', search_highlight(p.fields, p.texts, $1, $2)
            ) order by p.n) filter (where p.n <= $4 + $3), ''[]''),
            ''more'', count(*) > $3
        )
        from page as p left join managed_repos as r on p.repo = r.id left join workplans as w on p.workplan = w.id',
        candidates
    ) into found using coalesce(query, ''), language, page_size, skip;
    return found;
end
$$;
comment on function search is 'GET /state/search: a page of ranked hits as JSON text.';
