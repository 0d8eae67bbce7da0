-- A dependency of a task or workplan on another one of the same kind. The answer is the row that waits.
create function add_dependency(kind text, named text, needed text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id(kind, named);
    needs uuid;
begin
    begin
        needs := row_id(kind, needed);
    exception when sqlstate 'SH404' then
        raise exception '%', sqlerrm using errcode = 'SH422', column = 'depends_on';
    end;
    if kind = 'tasks' then
        insert into task_dependencies (task, depends_on) values (target, needs);
    else
        insert into workplan_dependencies (workplan, depends_on) values (target, needs);
    end if;
    return query select * from written(kind, target::text);
end
$$;
comment on function add_dependency is 'Adds a dependency; answers with the row that waits, as written() does.';
