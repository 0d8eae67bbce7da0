-- The API's role may delete nothing; this is the way to take a dependency back, and it leaves an event.
create function remove_task_dependency(task text, depends_on text) returns boolean
language sql volatile security definer set search_path = statehub, pg_temp as $$
    with gone as (
        delete from task_dependencies as d
        where d.task = row_id('tasks', remove_task_dependency.task)
            and d.depends_on = row_id('tasks', remove_task_dependency.depends_on)
        returning 1
    )
    select exists (select from gone)
$$;
comment on function remove_task_dependency is 'Takes a task''s dependency back; false when there was none.';
