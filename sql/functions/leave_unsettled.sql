-- Every change that can make a task ready or not leaves a row, in its own transaction and without waiting for anybody. Of
-- two such changes at once, the one that commits later is judged when both are visible: no lock, no race, at any isolation
-- level (docs/adr/0009).
create function leave_unsettled() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    case tg_table_name || ' ' || tg_op
        when 'tasks INSERT' then
            insert into unsettled (task) select c.id from changed as c where c.status = 'todo';
        when 'workplans UPDATE' then
            insert into unsettled (workplan)
            select c.id from changed as c inner join was as w on c.id = w.id where c.status <> w.status;
        when 'task_dependencies INSERT' then
            insert into unsettled (task) select distinct c.task from changed as c;
        when 'task_dependencies UPDATE' then
            insert into unsettled (task) select c.task from changed as c union select w.task from was as w;
        when 'task_dependencies TRUNCATE' then
            insert into unsettled (task) select distinct d.task from task_dependencies as d;
        when 'task_dependencies DELETE' then
            insert into unsettled (task) select distinct w.task from was as w;
        when 'workplan_dependencies INSERT' then
            insert into unsettled (workplan) select distinct c.workplan from changed as c;
        when 'workplan_dependencies UPDATE' then
            insert into unsettled (workplan) select c.workplan from changed as c union select w.workplan from was as w;
        when 'workplan_dependencies TRUNCATE' then
            insert into unsettled (workplan) select distinct d.workplan from workplan_dependencies as d;
        when 'workplan_dependencies DELETE' then
            insert into unsettled (workplan) select distinct w.workplan from was as w;
    end case;
    return null;
end
$$;
comment on function leave_unsettled is 'Marks what settle() must look at.';
