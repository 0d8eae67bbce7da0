-- The claim itself, on a task whose row is locked: a number higher than any before, and one event, `claim`, or `takeover` when
-- the lease of the one before has run out. A heartbeat that was faster keeps its task: then all is null.
create function take_task(
    task uuid, agent text, lease interval,
    out id uuid, out code text, out claim_seq bigint, out claimed_at timestamptz, out lease_expires_at timestamptz
) language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    former task_claims;
    at timestamptz := clock_timestamp();
    ends_at timestamptz := at + take_task.lease;
    seq bigint := 1;
begin
    -- mostly it is the first claim of the task
    insert into task_claims (task, claim_seq, claimed_by, claimed_at, lease, lease_expires_at)
    values (take_task.task, seq, agent, at, take_task.lease, ends_at) on conflict (task) do nothing;
    if not found then
        select * into former from task_claims as c where c.task = take_task.task for no key update;
        if former.lease_expires_at > at then return; end if;
        seq := former.claim_seq + 1;
        update task_claims as c
        set claim_seq = seq, claimed_by = agent, claimed_at = at, lease = take_task.lease, lease_expires_at = ends_at
        where c.task = take_task.task;
    end if;
    if former.claimed_by is null then
        code := change_status(task, 'progress', 'claim', format('claimed by %s', agent),
            jsonb_build_object('agent', agent, 'claim_seq', seq));
    else
        code := change_status(task, 'progress', 'takeover',
            format('taken over by %s from %s, whose lease ran out', agent, former.claimed_by),
            jsonb_build_object(
                'agent', agent, 'claim_seq', seq, 'from', former.claimed_by, 'from_claim_seq', former.claim_seq,
                'reason', 'the lease ran out', 'lease_expired_at', former.lease_expires_at, 'claimed_at', at
            ));
    end if;
    id := task;
    claim_seq := seq;
    claimed_at := at;
    lease_expires_at := ends_at;
end
$$;
comment on function take_task is 'Claims a task whose row is locked; nulls when somebody holds it.';
