-- Renews a lease. Touches nothing but the claim: no revision moves, nobody is notified, nothing is logged. Where claims are
-- limited, a lease that has run out counts as a new one.
create function heartbeat_task(
    task text, agent text, claim_seq bigint, lease interval default null, claim_limit integer default null
) returns table (id uuid, code text, lease_expires_at timestamptz)
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    target uuid := row_id('tasks', heartbeat_task.task);
    expires_at timestamptz;
begin
    -- counted before the claim is locked, as claim_task() does: in the other order the two would deadlock
    if claim_limit is not null and exists (
        select from task_claims as c
        where c.task = target and c.claim_seq = heartbeat_task.claim_seq and c.lease_expires_at <= clock_timestamp()
    ) then
        perform check_capacity(agent, claim_limit);
        claim_limit := null;
    end if;
    expires_at := check_claim(target, heartbeat_task.claim_seq, agent, lease, claim_limit);
    return query select t.id, t.code, expires_at from tasks as t where t.id = target;
end
$$;
comment on function heartbeat_task is 'Renews the lease of a claim; SH409, naming the holder, when it is no longer the one.';
