-- Follows the new dependency to its end: it must not come back. Sees the rows of its own statement, and every committed one.
-- Always by the index: a plan that a session made while the graph was small would read all of it for each new row.
create function refuse_task_cycle() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp set enable_seqscan = off as $$
begin
    if exists (
        with recursive needed (id) as (
            select new.depends_on
            union
            select d.depends_on from needed as n inner join task_dependencies as d on n.id = d.task
        )
        select from needed as n where n.id = new.task
    ) then
        raise exception '% cannot depend on %: that closes a cycle',
            (select t.code from tasks as t where t.id = new.task), (select t.code from tasks as t where t.id = new.depends_on)
            using errcode = 'SH409', column = 'depends_on';
    end if;
    return null;
end
$$;
comment on function refuse_task_cycle is 'After each new dependency of a task: refuses a cycle.';
