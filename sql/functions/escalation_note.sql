-- Whole words, any case, plural forms: tax, taxes; liability, liabilities. The list is a table, so that it can be changed.
-- No plain backslash: it would read otherwise in a session with standard_conforming_strings = off.
create function escalation_note(said text) returns text
language sql stable set search_path = statehub, pg_temp as $$
    select 'Needs a person: ' || string_agg(format('%s (%s)', k.keyword, k.kind), ', ' order by k.kind, k.keyword)
    from escalation_keywords as k
    where said ~* (
        '[[:<:]]' || replace(regexp_replace(k.keyword, 'y$', ''), ' ', E'[[:space:]\u00A0\u2007\u202F-]+')
        || case when k.keyword like '%y' then '(y|ys|ies)' else '(s|es)?' end || '[[:>:]]'
    )
$$;
comment on function escalation_note is 'Names the financial and legal keywords in a text; null when there is none.';
