-- Ids behind short names or ids, unknown ones left out; refers may also be "… of a …".
create function ids_of(refers text, names text []) returns uuid []
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    lowered text [] := array(select lower(n) from unnest(names) as n);
    ids uuid [] := array(
        select n::uuid from unnest(lowered) as n where n ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    );
begin
    return case refers
        when 'repos' then array(select r.id from managed_repos as r where r.slug = any(lowered) or r.id = any(ids))
        when 'topics' then array(select t.id from topics as t where t.slug = any(lowered) or t.id = any(ids))
        when 'workplans' then array(select w.id from workplans as w where lower(w.code) = any(lowered) or w.id = any(ids))
        when 'tasks' then array(select t.id from tasks as t where lower(t.code) = any(lowered) or t.id = any(ids))
        when 'decisions' then array(select d.id from decisions as d where lower(d.code) = any(lowered) or d.id = any(ids))
        when 'repos of a domain' then array(select r.id from managed_repos as r where r.domain = any(lowered))
        when 'workplans of a topic' then
            array(select w.id from workplans as w where w.topic = any(ids_of('topics', names)))
        when 'workplans of a repo' then
            array(select w.id from workplans as w where w.repo = any(ids_of('repos', names)))
    end;
end
$$;
comment on function ids_of is 'The ids that a filter by short names stands for.';
