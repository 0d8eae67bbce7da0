-- The claim as it mostly is, in two statements: everything is settled, no lease has run out, and nobody has held this task
-- before. The first tells that, and the task, in one snapshot, and locks it; where there is more to ask it finds nothing, and all
-- is null. Null is also the code of a task that was held before, which is locked then: next_task() and take_task() ask further.
-- The queue of all and the queue of one repository have an index each, so that only what others have locked, or is not for this
-- agent, is passed over. `no key update`, as that is what an update takes: a note on a task, which refers to it, keeps nobody
-- from claiming it. The first entry of the index tells whether any claim has expired at all.
-- Sorting is off: else a short table is judged to its end before the first row of it is taken. The plan is the same for all,
-- and to make it takes longer than to run it. Each expression is made ready once a transaction: there are few.
create function claim_queued(
    agent text, repos uuid [], lease interval,
    out id uuid, out code text, out claim_seq bigint, out claimed_at timestamptz, out lease_expires_at timestamptz
) language plpgsql volatile
set search_path = statehub, pg_temp set enable_sort = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    told text;
begin
    if repos is null then
        select t.id, clock_timestamp() into id, claimed_at from tasks as t
        where t.queued and (t.assignee is null or lower(t.assignee) = lower(agent))
            and not exists (select from unsettled)
            and coalesce((
                select c.lease_expires_at > clock_timestamp() from task_claims as c
                where c.claimed_by is not null order by c.lease_expires_at limit 1
            ), true)
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    elsif cardinality(repos) = 1 then
        select t.id, clock_timestamp() into id, claimed_at from tasks as t
        where t.queued and t.repo = repos[1] and (t.assignee is null or lower(t.assignee) = lower(agent))
            and not exists (select from unsettled)
            and coalesce((
                select c.lease_expires_at > clock_timestamp() from task_claims as c
                where c.claimed_by is not null order by c.lease_expires_at limit 1
            ), true)
        order by t.priority, t.due_at, t.position, t.code limit 1 for no key update skip locked;
    end if;
    if id is not null then
        told := set_config('statehub.told', json_build_object(
            'event_type', 'claim', 'summary', 'claimed by ' || agent, 'detail', json_build_object('agent', agent, 'claim_seq', 1)
        )::text, true);
        with taken as (
            insert into task_claims (task, claim_seq, claimed_by, claimed_at, lease, lease_expires_at)
            values (id, 1, agent, claimed_at, lease, claimed_at + lease) on conflict (task) do nothing
            returning task_claims.task, task_claims.claim_seq, task_claims.lease_expires_at
        )
        update tasks as t set status = 'progress' from taken as c where t.id = c.task
        returning t.code, c.claim_seq, c.lease_expires_at into code, claim_seq, lease_expires_at;
        told := set_config('statehub.told', '', true);
    end if;
end
$$;
comment on function claim_queued is 'Claims the first task of the queue for this agent; nulls where there is more to ask.';
