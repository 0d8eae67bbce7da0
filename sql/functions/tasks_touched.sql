create function tasks_touched(tasks uuid [], workplans uuid []) returns table (id uuid)
language sql stable rows 10 set search_path = statehub, pg_temp as $$
    select unnest(tasks_touched.tasks)
    union
    select d.task from task_dependencies as d where d.depends_on = any(tasks_touched.tasks)
    union
    select t.id from tasks as t
    where t.status = 'todo' and t.workplan in (
        select unnest(tasks_touched.workplans)
        union all
        select d.workplan from workplan_dependencies as d where d.depends_on = any(tasks_touched.workplans)
    )
$$;
comment on function tasks_touched is 'The tasks whose readiness hangs on these tasks and workplans.';
