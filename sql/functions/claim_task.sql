-- Hands exactly one ready task to one agent, however many ask at once: the row of the task is locked, and what somebody else
-- has locked is passed over. Expired claims first, then the queue: by priority, due date, position, code. No row: nothing that
-- fits is ready. A task that is named goes to anybody, whoever it is assigned to; if it is not ready: SH409 with the why. Its
-- own holder gets that too, and reads the number of the claim there: who asks may be a namesake, and two must not have one
-- task. claim_limit: how many unexpired claims an agent may have.
create function claim_task(
    agent text, task text default null, repo text default null, workplan text default null, domain text default null,
    tags text [] default null, max_priority integer default null, lease interval default '30 minutes',
    claim_limit integer default null
) returns table (id uuid, code text, claim_seq bigint, claimed_at timestamptz, lease_expires_at timestamptz)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid;
    taken record;
    repos uuid[];
begin
    if claim_limit is not null then perform check_capacity(agent, claim_limit); end if;
    if num_nonnulls(task, workplan, max_priority) = 0 then
        if num_nonnulls(repo, domain, tags) > 0 then
            select r.repos into repos from claim_scope(repo, null, domain, tags) as r;
        end if;
        taken := claim_queued(agent, repos, lease);
        code := taken.code;
    end if;
    while code is null loop
        if task is null then
            target := next_task(agent, repo, workplan, domain, tags, max_priority);
        else
            target := (resolve_references(jsonb_build_object('task', claim_task.task)) ->> 'task')::uuid;
            perform from tasks as t where t.id = target for no key update;
            perform refuse_unready(target);
        end if;
        if target is null then return; end if;
        taken := take_task(target, agent, lease);
        code := taken.code;  -- null where it is held, or a heartbeat was faster: the next one
    end loop;
    id := taken.id;
    claim_seq := taken.claim_seq;
    claimed_at := taken.claimed_at;
    lease_expires_at := taken.lease_expires_at;
    return next;
end
$$;
comment on function claim_task is 'Claims a ready task; no row when there is none, SH409 when the one that is named is not ready.';
