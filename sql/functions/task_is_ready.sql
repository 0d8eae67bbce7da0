create function task_is_ready(status task_status, workplan uuid, task uuid) returns boolean
language sql stable set search_path = statehub, pg_temp as $$
    select task_is_ready.status = 'todo' and workplan_is_open(task_is_ready.workplan) and task_is_free(task_is_ready.task)
$$;
comment on function task_is_ready is 'The plain join behind queued.';
