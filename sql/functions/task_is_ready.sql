-- One body instead of workplan_is_open() and task_is_free(): it is asked for each unsettled task, and a call costs more than the
-- look.
create function task_is_ready(status task_status, workplan uuid, task uuid) returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select task_is_ready.status = 'todo' and exists (
        select from workplans as w where w.id = task_is_ready.workplan and w.status in ('ready', 'active')
    ) and not exists (
        select from task_dependencies as d inner join tasks as b on d.depends_on = b.id
        where d.task = task_is_ready.task and b.status not in ('done', 'cancel')
    ) and not exists (
        select from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
        where d.workplan = task_is_ready.workplan and b.status not in ('finished', 'archived')
    )
$$;
comment on function task_is_ready is 'The plain join behind queued.';
