-- Follows the new parent to the top: it must not come by the task itself. Sees the rows of its own statement, and every
-- committed one.
create function refuse_parent_cycle() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    if exists (
        with recursive above (id) as (
            select new.parent
            union
            select t.parent from above as a inner join tasks as t on a.id = t.id where t.parent is not null
        )
        select from above as a where a.id = new.id
    ) then
        raise exception '% cannot be below %: that closes a cycle',
            new.code, (select t.code from tasks as t where t.id = new.parent) using errcode = 'SH409', column = 'parent';
    end if;
    return null;
end
$$;
comment on function refuse_parent_cycle is 'After a task was given a parent: refuses a cycle.';
