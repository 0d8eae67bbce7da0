create function remove_dependency(kind text, named text, needed text)
returns table (
    body text, version integer, short_name text, epoch text, core bigint, progress bigint, snapshot text, xid xid8
)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    removed boolean;
begin
    if kind = 'tasks' then
        removed := remove_task_dependency(named, needed);
    else
        removed := remove_workplan_dependency(named, needed);
    end if;
    if not removed then
        raise exception '% does not depend on %', left(named, 200), left(needed, 200) using errcode = 'SH404';
    end if;
    return query select * from written(kind, row_id(kind, named)::text);
end
$$;
comment on function remove_dependency is 'Takes a dependency back; answers with the row that waited, as written() does. SH404 when there was none.';
