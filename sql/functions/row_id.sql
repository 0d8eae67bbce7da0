-- From a short name (any case) or an id to the row's id. Null stays null; an unknown name is SH404, naming what was asked for.
create function row_id(kind text, named text) returns uuid
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    found_id uuid;
    by_id uuid := case when named ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then named::uuid end;
begin
    if named is null then return null; end if;
    case kind
        when 'topics' then
            select t.id into found_id from topics as t where t.id = by_id or (by_id is null and t.slug = lower(named));
        when 'repos' then
            select r.id into found_id from managed_repos as r where r.id = by_id or (by_id is null and r.slug = lower(named));
        when 'workplans', 'workstreams' then
            select w.id into found_id from workplans as w where w.id = by_id or (by_id is null and lower(w.code) = lower(named));
        when 'tasks' then
            select t.id into found_id from tasks as t where t.id = by_id or (by_id is null and lower(t.code) = lower(named));
        when 'decisions' then
            select d.id into found_id from decisions as d where d.id = by_id or (by_id is null and lower(d.code) = lower(named));
    end case;
    if found_id is null then
        raise exception 'There is no % %; GET /% lists them', left(kind, -1), left(named, 200), kind using errcode = 'SH404';
    end if;
    return found_id;
end
$$;
comment on function row_id is 'The id behind a short name or id of this kind.';
