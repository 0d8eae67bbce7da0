create function workplan_is_open(workplan uuid) returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select exists (
        select from workplans as w where w.id = workplan_is_open.workplan and w.status in ('ready', 'active')
    ) and not exists (
        select from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
        where d.workplan = workplan_is_open.workplan and b.status not in ('finished', 'archived')
    )
$$;
comment on function workplan_is_open is 'Whether tasks of the workplan may be worked on: its status, and all it depends on.';
