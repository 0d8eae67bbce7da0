-- The fence: only the claim with this number may go on, and while nobody took over; a lease that ran out is still its
-- holder's until somebody else claims. Called under the lock of the task's row where the task is then written.
create function fence_claim(task uuid, claim_seq bigint, agent text default null) returns task_claims
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    held task_claims;
    named text;
    now_at task_status;
begin
    select * into held from task_claims as c where c.task = fence_claim.task for no key update;
    if held.claimed_by is not null and held.claim_seq = fence_claim.claim_seq
        and (agent is null or lower(held.claimed_by) = lower(agent))
    then
        return held;
    end if;
    select t.code, t.status into named, now_at from tasks as t where t.id = fence_claim.task;
    if held.claimed_by is null then
        raise exception 'Nobody holds %, which is %: claim % is over', named, now_at,
            concat_ws(' of ', fence_claim.claim_seq, agent)
            using errcode = 'SH409', column = 'claim_seq';
    end if;
    raise exception '% is held by % under claim %, since % until %: claim % is over', named, held.claimed_by, held.claim_seq,
        utc(held.claimed_at), utc(held.lease_expires_at), concat_ws(' of ', fence_claim.claim_seq, agent)
        using errcode = 'SH409', column = 'claim_seq';
end
$$;
comment on function fence_claim is 'The claim that holds the task, locked; SH409, naming the holder, unless it is this one.';
