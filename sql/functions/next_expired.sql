-- Tasks under a claim whose lease has run out, locked like those of the queue. Few, or none: planned for what there is.
create function next_expired(agent text, repos uuid [], plan uuid, most smallint) returns uuid
language plpgsql volatile set search_path = statehub, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    found_id uuid;
    at timestamptz := clock_timestamp();
begin
    select t.id into found_id
    from task_claims as c inner join tasks as t on c.task = t.id
    where c.claimed_by is not null and c.lease_expires_at <= at and t.status = 'progress'
        and (repos is null or t.repo = any(repos)) and (plan is null or t.workplan = plan)
        and t.priority <= most and is_for(t.assignee, agent) and workplan_is_open(t.workplan) and task_is_free(t.id)
    order by t.priority, t.due_at, t.position, t.code limit 1 for no key update of t skip locked;
    return found_id;
end
$$;
comment on function next_expired is 'The first task whose lease has run out, for this agent, locked.';
