-- What claim_task() would hand out, in its order, as {"items": […]}. Each branch is cut to the page before they are put
-- together, so that the length of the queue does not matter. Without an agent: whoever a task is assigned to.
create function list_ready(
    agent text, repo text, workplan text, domain text, tags text [], max_priority integer, page_size integer
) returns text
language plpgsql volatile set search_path = statehub, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    repos uuid[];
    plan uuid;
    only_repo uuid;
    at timestamptz := clock_timestamp();
    touched uuid[];
    page text;
begin
    select s.repos, s.plan into repos, plan from claim_scope(repo, list_ready.workplan, domain, tags) as s;
    only_repo := case when cardinality(repos) = 1 then repos[1] end;
    -- one statement, so one snapshot
    with touched as materialized (
        select s.id from tasks_touched(
            array(select distinct u.task from unsettled as u where u.task is not null),
            array(select distinct u.workplan from unsettled as u where u.workplan is not null)
        ) as s
    ),
    -- once: a planner that expects one row would find them anew for each task that it compares them with
    candidates as materialized (
        (
            select t.id from tasks as t
            where t.queued and t.priority <= coalesce(max_priority, 4) and (agent is null or is_for(t.assignee, agent))
                and (only_repo is null or t.repo = only_repo) and (repos is null or t.repo = any(repos))
                and (plan is null or t.workplan = plan)
                and not exists (
                select from task_claims as k
                where k.task = t.id and k.claimed_by is not null and k.lease_expires_at > at
            ) and t.id not in (select s.id from touched as s)
            order by t.priority, t.due_at, t.position, t.code limit page_size
        )
        union all
        select t.id from tasks as t inner join touched as s on t.id = s.id
        where t.status = 'todo' and not exists (
                select from task_claims as k
                where k.task = t.id and k.claimed_by is not null and k.lease_expires_at > at
            ) and exists (select from workplans as w where w.id = t.workplan and w.status in ('ready', 'active'))
            and not exists (
                select from task_dependencies as d inner join tasks as b on d.depends_on = b.id
                where d.task = t.id and b.status not in ('done', 'cancel')
            )
            and not exists (
                select from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
                where d.workplan = t.workplan and b.status not in ('finished', 'archived')
            )
        union all
        select t.id from tasks as t inner join task_claims as c on t.id = c.task
        where c.claimed_by is not null and c.lease_expires_at <= at and t.status = 'progress'
            and workplan_is_open(t.workplan) and task_is_free(t.id)
    ),
    page as (
        select t.id, row_number() over (order by t.priority, t.due_at, t.position, t.code) as n
        from candidates as c inner join tasks as t on c.id = t.id
        where t.priority <= coalesce(max_priority, 4) and (agent is null or is_for(t.assignee, agent))
            and (repos is null or t.repo = any(repos)) and (plan is null or t.workplan = plan)
        order by t.priority, t.due_at, t.position, t.code limit page_size
    )
    select json_build_object('items', coalesce(json_agg(v order by p.n), '[]'))::text into page
    from page as p inner join task_rows as v on p.id = v.id;
    return page;
end
$$;
comment on function list_ready is 'The ready tasks as served, in the order they are handed out, as JSON text.';
