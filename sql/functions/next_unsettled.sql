-- Tasks that are ready though their flag does not say so yet, in one order with the head of the queue; null when there are
-- none. Both are judged by the plain join.
create function next_unsettled(agent text, repos uuid [], plan uuid, most smallint) returns uuid
language plpgsql volatile set search_path = statehub, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    found_id uuid;
    at timestamptz := clock_timestamp();
    unflagged uuid[] := array(
        select t.id
        from tasks_touched(
            array(select distinct u.task from unsettled as u where u.task is not null),
            array(select distinct u.workplan from unsettled as u where u.workplan is not null)
        ) as s
        inner join tasks as t on s.id = t.id
        where t.status = 'todo' and not t.queued and exists (select from workplans as w where w.id = t.workplan and w.status in ('ready', 'active'))
            and not exists (
                select from task_dependencies as d inner join tasks as b on d.depends_on = b.id
                where d.task = t.id and b.status not in ('done', 'cancel')
            )
            and not exists (
                select from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
                where d.workplan = t.workplan and b.status not in ('finished', 'archived')
            )
    );
begin
    if unflagged = '{}' then return null; end if;
    select t.id into found_id
    from tasks as t inner join (
        select unnest(unflagged) as id
        union
        -- more than ever are locked at once; if all of them are, next_judged() looks further
        (
            select q.id from tasks as q
            where q.queued and (repos is null or q.repo = any(repos)) and (plan is null or q.workplan = plan)
                and q.priority <= most and is_for(q.assignee, agent)
            order by q.priority, q.due_at, q.position, q.code limit 200
        )
    ) as s on t.id = s.id
    where (repos is null or t.repo = any(repos)) and (plan is null or t.workplan = plan)
        and t.priority <= most and is_for(t.assignee, agent) and not exists (
                select from task_claims as k
                where k.task = t.id and k.claimed_by is not null and k.lease_expires_at > at
            )
        and task_is_ready(t.status, t.workplan, t.id)
    order by t.priority, t.due_at, t.position, t.code limit 1 for no key update of t skip locked;
    return found_id;
end
$$;
comment on function next_unsettled is 'The first of the queue and of what just became ready, for this agent, locked; null when nothing did.';
