-- Gives a task back: it is todo again, unless it was set to something else in the meantime. By force anybody may, also without a
-- number (with one, that claim and no later one); the event names who took it away from whom.
create function release_task(
    task text, agent text, claim_seq bigint default null, reason text default null, force boolean default false
) returns table (id uuid, code text)
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    target uuid := row_id('tasks', release_task.task);
    now_at task_status;
    held task_claims;
    named text;
begin
    select t.status into now_at from tasks as t where t.id = target for no key update;
    if release_task.force and release_task.claim_seq is null then
        select * into held from task_claims as c where c.task = target for no key update;
        if held.claimed_by is null then
            raise exception 'Nobody holds %', (select t.code from tasks as t where t.id = target) using errcode = 'SH409';
        end if;
    else
        held := fence_claim(target, release_task.claim_seq, case when not release_task.force then agent end);
    end if;
    update task_claims as c set claimed_by = null, claimed_at = null, lease_expires_at = null where c.task = target;
    named := change_status(target, case when now_at = 'progress' then 'todo' else now_at end, 'release',
        case when release_task.force then format('taken away from %s by %s', held.claimed_by, agent)
            else format('released by %s', agent) end || coalesce(': ' || nullif(reason, ''), ''),
        jsonb_strip_nulls(jsonb_build_object(
            'agent', agent, 'claim_seq', held.claim_seq, 'reason', reason,
            'from', case when release_task.force then held.claimed_by end, 'force', nullif(release_task.force, false)
        )));
    return query select target, named;
end
$$;
comment on function release_task is 'Ends a claim, by its holder or by force; the task is ready again.';
