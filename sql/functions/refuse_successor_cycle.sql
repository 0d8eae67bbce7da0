-- Follows the successor to the decision that holds: it must not come by the superseded one. Sees the rows of its own
-- statement, and every committed one.
create function refuse_successor_cycle() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
begin
    if exists (
        with recursive later (id) as (
            select new.superseded_by
            union
            select d.superseded_by from later as l inner join decisions as d on l.id = d.id
            where d.superseded_by is not null
        )
        select from later as l where l.id = new.id
    ) then
        raise exception '% cannot be superseded by %: that closes a cycle',
            new.code, (select d.code from decisions as d where d.id = new.superseded_by)
            using errcode = 'SH409', column = 'superseded_by';
    end if;
    return null;
end
$$;
comment on function refuse_successor_cycle is 'After a decision was given a successor: refuses a cycle.';
