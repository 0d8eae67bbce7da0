-- The first of the queue that is free and not assigned to somebody else, locked. The queue of all and the queue of one
-- repository have an index each, so that only what others have locked, or is not for this agent, is passed over.
-- `no key update`, as that is what an update takes: a note on a task, which refers to it, keeps nobody from claiming it.
-- Mostly everything is settled and no lease has run out. One statement tells that, and the task, whose claim is looked at when
-- it is taken: what others have locked is passed over without a look. Where there is more to ask, that statement finds nothing,
-- and careful asks all of it: what is unsettled is judged by the plain join, in the same snapshot, and a task that was put back
-- to todo under a running lease is still held.
-- Sorting is off: else a short table is judged to its end before the first row of it is taken. The plan is the same for all,
-- and to make it takes longer than to run it.
create function next_queued(agent text, repos uuid [], most smallint, careful boolean) returns uuid
language plpgsql volatile
set search_path = statehub, pg_temp set enable_sort = off set plan_cache_mode = force_generic_plan as $$
declare
    found_id uuid;
    at timestamptz := clock_timestamp();
begin
    if cardinality(repos) = 1 then
        select t.id into found_id from tasks as t
        where t.queued and t.repo = repos[1] and t.priority <= most and is_for(t.assignee, agent)
            and (careful or not exists (select from unsettled))
            -- the first entry of the index tells whether any claim has expired at all
            and (careful or coalesce((select min(c.lease_expires_at) from task_claims as c where c.claimed_by is not null) > at, true))
            and (not careful or not coalesce(
                (select c.lease_expires_at > at from task_claims as c where c.task = t.id and c.claimed_by is not null), false
            ))
            and (not careful or (select not exists (select from unsettled)) or task_is_ready(t.status, t.workplan, t.id))
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    else
        select t.id into found_id from tasks as t
        where t.queued and (repos is null or t.repo = any(repos)) and t.priority <= most and is_for(t.assignee, agent)
            and (careful or not exists (select from unsettled))
            and (careful or coalesce((select min(c.lease_expires_at) from task_claims as c where c.claimed_by is not null) > at, true))
            and (not careful or not coalesce(
                (select c.lease_expires_at > at from task_claims as c where c.task = t.id and c.claimed_by is not null), false
            ))
            and (not careful or (select not exists (select from unsettled)) or task_is_ready(t.status, t.workplan, t.id))
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    end if;
    return found_id;
end
$$;
comment on function next_queued is 'The first task of the queue for this agent, locked.';
