-- Sets the queued flag of what was left unsettled. Runs with fold(), about once a second; waits for no writer: a task that
-- somebody has locked stays unsettled, and is judged by the plain join until the next time.
create function settle() returns integer
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    seen_tasks uuid[];
    seen_workplans uuid[];
    settled integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('statehub.settle')) then return 0; end if;
    with gone as (
        delete from unsettled where ctid = any(array(select u.ctid from unsettled as u limit 10000))
        returning task, workplan
    )
    select array_agg(distinct g.task), array_agg(distinct g.workplan) into seen_tasks, seen_workplans from gone as g;
    if seen_tasks is not null then
        perform offer_finished(seen_tasks);
    end if;
    -- a later statement, so a later snapshot: it sees all that the rows above told of
    with judged as materialized (
        select t.id, t.queued, task_is_ready(t.status, t.workplan, t.id) as ready
        from tasks as t inner join tasks_touched(seen_tasks, seen_workplans) as s on t.id = s.id
    ),
    free as (
        select t.id from tasks as t inner join judged as j on t.id = j.id
        where j.queued <> j.ready for no key update of t skip locked
    ),
    kept as (
        insert into unsettled (task)
        select j.id from judged as j where j.queued <> j.ready and j.id not in (select f.id from free as f)
    )
    update tasks as t set queued = j.ready from judged as j inner join free as f on j.id = f.id where t.id = j.id;
    get diagnostics settled = row_count;
    return settled;
end
$$;
comment on function settle is 'Sets queued where it is wrong; returns how many tasks changed.';
