-- The text before the title, which a hit shows anyway; where the language finds nothing, the words as they stand.
create function search_highlight(fields text [], texts text [], query tsquery, language text) returns json
language sql stable set search_path = statehub, pg_temp as $$
    select coalesce(
        (
            select json_build_object('field', t.field, 'parts', h.parts)
            from unnest(fields, texts) with ordinality as t (field, text, n)
            cross join lateral (
                select coalesce(highlighted(t.text, query, language), highlighted(t.text, query, 'simple')) as parts
            ) as h
            where h.parts is not null
            order by t.n = 1, t.n limit 1
        ),
        json_build_object('field', fields[1], 'parts', json_build_array(left(texts[1], 200)))
    )
$$;
comment on function search_highlight is 'Which field matches, and where: {field, parts}.';
