-- As claim_queued(), where something is unsettled, or the first of the queue turned out to be held: each task is judged by the
-- plain join, in the snapshot that finds it, and one that was put back to todo under a running lease is still held.
create function next_judged(agent text, repos uuid [], most smallint) returns uuid
language plpgsql volatile
set search_path = statehub, pg_temp set enable_sort = off set plan_cache_mode = force_generic_plan as $$
declare
    found_id uuid;
    at timestamptz := clock_timestamp();
begin
    if cardinality(repos) = 1 then
        select t.id into found_id from tasks as t
        where t.queued and t.repo = repos[1] and t.priority <= most and is_for(t.assignee, agent)
            and not coalesce(
                (select c.lease_expires_at > at from task_claims as c where c.task = t.id and c.claimed_by is not null), false
            )
            and ((select not exists (select from unsettled)) or task_is_ready(t.status, t.workplan, t.id))
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    else
        select t.id into found_id from tasks as t
        where t.queued and (repos is null or t.repo = any(repos)) and t.priority <= most and is_for(t.assignee, agent)
            and not coalesce(
                (select c.lease_expires_at > at from task_claims as c where c.task = t.id and c.claimed_by is not null), false
            )
            and ((select not exists (select from unsettled)) or task_is_ready(t.status, t.workplan, t.id))
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    end if;
    return found_id;
end
$$;
comment on function next_judged is 'The first task of the queue for this agent that is ready by the plain join and held by nobody, locked.';
