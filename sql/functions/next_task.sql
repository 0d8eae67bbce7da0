-- The task that an agent gets next, locked; null when nothing that fits is ready and free of other writers.
create function next_task(
    agent text, repo text, workplan text, domain text, tags text [], max_priority integer
) returns uuid
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    repos uuid[];
    plan uuid;
    most smallint := coalesce(max_priority, 4);
    found_id uuid;
begin
    if num_nonnulls(repo, workplan, domain, tags) > 0 then
        select r.repos, r.plan into repos, plan from claim_scope(repo, workplan, domain, tags) as r;
    end if;
    if exists (
        select from (
            select c.lease_expires_at from task_claims as c where c.claimed_by is not null order by c.lease_expires_at limit 1
        ) as first where first.lease_expires_at <= clock_timestamp()
    ) then
        found_id := next_expired(agent, repos, plan, most);
    end if;
    if found_id is null and exists (select from unsettled) then
        found_id := next_unsettled(agent, repos, plan, most);
    end if;
    if found_id is not null then return found_id; end if;
    if plan is not null then return next_of_workplan(agent, repos, plan, most); end if;
    return next_judged(agent, repos, most);
end
$$;
comment on function next_task is 'The next ready task for this agent, locked.';
