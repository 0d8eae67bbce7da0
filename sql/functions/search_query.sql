-- What somebody typed as a tsquery: words are all needed; "a phrase" in its order; or between two sides; -word must not be
-- there. Each word as it stands or as the language has it; the last one, while it is being typed, also as the beginning of
-- one. Words that the language does not count (the, and) are needed only where there is nothing else. Whatever is typed is
-- a query: never an error, null where nothing can be looked for. loose: what an index can tell alone: the words of a phrase
-- in any order, and no phrase forbidden.
create function search_query(typed text, language text, loose boolean default false) returns tsquery
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    plain text := regexp_replace(translate(typed, '„“”«»', '"""""'), '[[:cntrl:]]', ' ', 'g');
    blanks text := repeat(' ', length(search_signs()));
    term record;
    words tsquery;
    stems tsquery;
    wanted tsquery;
    minor tsquery;
    unwanted tsquery;
    whole tsquery;
begin
    for term in
        select
            m[1] = '-' as is_negative, coalesce(m[2], m[3], '') as text, m[2] is null as is_bare,
            row_number() over () = count(*) over () and m[2] is null and plain !~ '\s$' as is_last
        from regexp_matches(plain, '(-?)(?:"([^"]*)"?|([^\s"]+))', 'g') as m
        union all
        select false, null, true, false
    loop
        if term.text is null or (term.is_bare and not term.is_negative and lower(term.text) = 'or' and not term.is_last) then
            wanted := coalesce(wanted, minor);
            if wanted is not null then
                wanted := case when unwanted is null then wanted else wanted && !!unwanted end;
                whole := coalesce(whole || wanted, wanted);
            end if;
            wanted := null; minor := null; unwanted := null;
            continue;
        end if;
        words := phraseto_tsquery('pg_catalog.simple', translate(term.text, search_signs(), blanks));
        continue when numnode(words) = 0;
        stems := phraseto_tsquery(('pg_catalog.' || language)::regconfig, translate(term.text, search_signs(), blanks));
        if term.is_last and not term.is_negative and length(term.text) > 1 then
            words := (words::text || ':*')::tsquery;
        end if;
        if loose then
            words := regexp_replace(words::text, '<(-|\d+)>', '&', 'g')::tsquery;
            stems := regexp_replace(stems::text, '<(-|\d+)>', '&', 'g')::tsquery;
            continue when term.is_negative and numnode(words) > 1;
        end if;
        if term.is_negative then
            unwanted := coalesce(unwanted || words, words) || stems;
        elsif numnode(stems) = 0 then
            minor := coalesce(minor && words, words);
        else
            wanted := coalesce(wanted && (words || stems), words || stems);
        end if;
    end loop;
    return whole;
end
$$;
comment on function search_query is 'The query behind typed words; null where there is no word to look for.';
