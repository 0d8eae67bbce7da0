create function task_is_free(task uuid) returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select not exists (
        select from task_dependencies as d inner join tasks as b on d.depends_on = b.id
        where d.task = task_is_free.task and b.status not in ('done', 'cancel')
    )
$$;
comment on function task_is_free is 'Whether all that the task depends on is done or cancelled.';
