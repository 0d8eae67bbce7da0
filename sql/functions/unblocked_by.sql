-- What waited for this task, and for nothing else any more. Two who finish the last two at the same moment do not see each
-- other: then neither says so, and the queue has it all the same.
create function unblocked_by(task uuid) returns text []
language sql stable set search_path = statehub, pg_temp as $$
    select array(
        select t.code from task_dependencies as d inner join tasks as t on d.task = t.id
        where d.depends_on = unblocked_by.task and task_is_ready(t.status, t.workplan, t.id) order by t.code
    )
$$;
comment on function unblocked_by is 'Codes of the ready tasks that depend on this one.';
