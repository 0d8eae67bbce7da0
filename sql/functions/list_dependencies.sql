create function list_dependencies(kind text, named text) returns text
language plpgsql stable set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id(kind, named);
begin
    if kind = 'tasks' then
        return (
            with stubs as (
                select t.id, json_build_object('code', t.code, 'title', t.title, 'status', t.status, 'repo', r.slug) as stub, t.code
                from tasks as t inner join managed_repos as r on t.repo = r.id
            )
            select json_build_object(
                'items', (select coalesce(json_agg(s.stub order by s.code), '[]') from task_dependencies as d
                    inner join stubs as s on d.depends_on = s.id where d.task = target),
                'dependents', (select coalesce(json_agg(s.stub order by s.code), '[]') from task_dependencies as d
                    inner join stubs as s on d.task = s.id where d.depends_on = target)
            )
        );
    end if;
    return (
        with stubs as (
            select w.id, json_build_object('code', w.code, 'title', w.title, 'status', w.status, 'repo', r.slug) as stub, w.code
            from workplans as w inner join managed_repos as r on w.repo = r.id
        )
        select json_build_object(
            'items', (select coalesce(json_agg(s.stub order by s.code), '[]') from workplan_dependencies as d
                inner join stubs as s on d.depends_on = s.id where d.workplan = target),
            'dependents', (select coalesce(json_agg(s.stub order by s.code), '[]') from workplan_dependencies as d
                inner join stubs as s on d.workplan = s.id where d.depends_on = target)
        )
    );
end
$$;
comment on function list_dependencies is 'What a task or workplan waits for (items) and what waits for it (dependents), as JSON.';
