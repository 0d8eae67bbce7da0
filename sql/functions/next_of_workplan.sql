-- As next_judged(), of one workplan: its tasks are few beside the queue, so they are found first, and sorted.
create function next_of_workplan(agent text, repos uuid [], plan uuid, most smallint) returns uuid
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    found_id uuid;
    at timestamptz := clock_timestamp();
begin
    select t.id into found_id from tasks as t
    where t.queued and t.workplan = plan and (repos is null or t.repo = any(repos)) and t.priority <= most and is_for(t.assignee, agent)
        and not coalesce(
            (select c.lease_expires_at > at from task_claims as c where c.task = t.id and c.claimed_by is not null), false
        )
        and ((select not exists (select from unsettled)) or task_is_ready(t.status, t.workplan, t.id))
    order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    return found_id;
end
$$;
comment on function next_of_workplan is 'The first queued task of a workplan for this agent, locked.';
