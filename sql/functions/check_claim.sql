-- For a write that carries claim_seq: called under the lock of the task's row, before the write. It renews the lease by what it
-- was taken for, unless told otherwise; but not one that has run out where claims are limited: it might be one too many.
create function check_claim(
    task uuid, claim_seq bigint, agent text default null, lease interval default null, claim_limit integer default null
) returns timestamptz
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    held task_claims := fence_claim(check_claim.task, check_claim.claim_seq, agent);
    at timestamptz := clock_timestamp();
    span interval := coalesce(check_claim.lease, held.lease);
begin
    if held.lease_expires_at <= at and claim_limit is not null then return held.lease_expires_at; end if;
    update task_claims as c set lease = span, lease_expires_at = at + span where c.task = check_claim.task;
    return at + span;
end
$$;
comment on function check_claim is 'SH409, naming the holder, unless this claim holds the task; renews its lease, and returns its end.';
