-- The API's role may delete nothing; this is the way to take a dependency back, and it leaves an event.
create function remove_workplan_dependency(workplan text, depends_on text) returns boolean
language sql volatile security definer set search_path = statehub, pg_temp as $$
    with gone as (
        delete from workplan_dependencies as d
        where d.workplan = row_id('workplans', remove_workplan_dependency.workplan)
            and d.depends_on = row_id('workplans', remove_workplan_dependency.depends_on)
        returning 1
    )
    select exists (select from gone)
$$;
comment on function remove_workplan_dependency is 'Takes a workplan''s dependency back; false when there was none.';
