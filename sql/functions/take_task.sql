-- The claim itself, on a task whose row is locked: a number higher than any before, and one event, `claim`, or `takeover` when
-- the lease of the one before has run out. A heartbeat that was faster keeps its task: then no row.
create function take_task(task uuid, agent text, lease interval)
returns table (id uuid, code text, claim_seq bigint, claimed_at timestamptz, lease_expires_at timestamptz)
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    former task_claims;
    taken task_claims;
    named text;
    at timestamptz := clock_timestamp();
begin
    select * into former from task_claims as c where c.task = take_task.task for no key update;
    if former.lease_expires_at > at then return; end if;
    insert into task_claims as c (task, claim_seq, claimed_by, claimed_at, lease, lease_expires_at)
    values (take_task.task, 1, agent, at, take_task.lease, at + take_task.lease)
    on conflict (task) do update
    set claim_seq = c.claim_seq + 1, claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at,
        lease = excluded.lease, lease_expires_at = excluded.lease_expires_at
    returning c.* into taken;
    named := change_status(take_task.task, 'progress',
        case when former.claimed_by is null then 'claim' else 'takeover' end::event_type,
        case when former.claimed_by is null then format('claimed by %s', agent)
            else format('taken over by %s from %s, whose lease ran out', agent, former.claimed_by) end,
        jsonb_build_object('agent', agent, 'claim_seq', taken.claim_seq)
            || case when former.claimed_by is null then '{}' else jsonb_build_object(
                'from', former.claimed_by, 'from_claim_seq', former.claim_seq, 'reason', 'the lease ran out',
                'lease_expired_at', former.lease_expires_at, 'claimed_at', taken.claimed_at
            ) end);
    return query select taken.task, named, taken.claim_seq, taken.claimed_at, taken.lease_expires_at;
end
$$;
comment on function take_task is 'Claims a task whose row is locked; no row when somebody holds it.';
