-- What an agent should know before it starts work: of one repository, or of all of them. Each part with its total and at
-- most 60 rows, the most urgent first; the text of it is made in statehub/briefing.py, which cuts it to its budget.
create function get_briefing(named text) returns text
language sql stable set search_path = statehub, pg_temp set timezone = 'UTC' as $$
    with asked as materialized (select row_id('repos', named) as id),
    blocking as (
        select d.code, d.title, d.status, d.due_at, d.escalation_note, w.code as workplan, d.created_at
        from decisions as d left join workplans as w on d.workplan = w.id
        where d.decision_type = 'pending' and d.status in ('open', 'escalated')
            and (named is null or w.repo = (select a.id from asked as a))
    ),
    taken as (
        select t.code, t.title, c.claimed_by, c.lease_expires_at, t.assignee, t.priority, t.updated_at
        from tasks as t left join task_claims as c on t.id = c.task
        where t.status = 'progress' and (named is null or t.repo = (select a.id from asked as a))
    ),
    ready as (
        select t.code, t.title, t.priority, t.due_at, t.assignee, t.position
        from ready_tasks as t where t.status = 'todo' and (named is null or t.repo = (select a.id from asked as a))
    ),
    waiting as (
        select t.code, t.title, t.priority, t.waiting_on, t.assignee, t.updated_at
        from tasks as t where t.status = 'wait' and (named is null or t.repo = (select a.id from asked as a))
    ),
    plans as (
        select w.code, w.title, w.status, w.owner, w.priority, w.due_at, w.id
        from workplans as w
        where w.status not in ('finished', 'archived') and (named is null or w.repo = (select a.id from asked as a))
    ),
    decided as (
        select d.code, d.title, d.rationale, d.decided_by, d.decided_at
        from decisions as d left join workplans as w on d.workplan = w.id
        where d.status = 'resolved' and (named is null or w.repo = (select a.id from asked as a))
        order by d.decided_at desc limit 10
    ),
    recent as (
        select e.id, e.summary, e.author, e.occurred_at
        from progress_events as e
        where named is null or e.repo = (select a.id from asked as a)
        order by e.occurred_at desc, e.id desc limit 20
    )
    select json_build_object(
        'repo', (
            select json_build_object('slug', r.slug, 'name', r.name, 'category', r.category, 'domain', r.domain, 'status', r.status)
            from managed_repos as r where r.id = (select a.id from asked as a)
        ),
        'blocking', json_build_object('total', (select count(*) from blocking), 'items', (
            select coalesce(json_agg(b), '[]') from (
                select b.* from blocking as b order by b.status desc, b.due_at, b.code limit 60
            ) as b
        )),
        'taken', json_build_object('total', (select count(*) from taken), 'items', (
            select coalesce(json_agg(t), '[]') from (select t.* from taken as t order by t.priority, t.updated_at limit 60) as t
        )),
        'ready', json_build_object('total', (select count(*) from ready), 'items', (
            select coalesce(json_agg(r), '[]') from (
                select r.* from ready as r order by r.priority, r.due_at, r.position, r.code limit 60
            ) as r
        )),
        'waiting', json_build_object('total', (select count(*) from waiting), 'items', (
            select coalesce(json_agg(w), '[]') from (
                select w.* from waiting as w order by w.priority, w.updated_at, w.code limit 60
            ) as w
        )),
        'plans', json_build_object('total', (select count(*) from plans), 'items', (
            select coalesce(json_agg(json_build_object(
                'code', p.code, 'title', p.title, 'status', p.status, 'owner', p.owner, 'priority', p.priority, 'due_at', p.due_at,
                'done', n.done, 'tasks', n.total
            ) order by p.priority, p.due_at, p.code), '[]')
            from (select p.* from plans as p order by p.priority, p.due_at, p.code limit 60) as p
            cross join lateral (
                select coalesce(sum(c.n) filter (where c.key = 'done'), 0) as done, coalesce(sum(c.n), 0) as total
                from current_workplan_totals as c where c.workplan = p.id
            ) as n
        )),
        'decided', (select coalesce(json_agg(d), '[]') from decided as d),
        'recent', (select coalesce(json_agg(e), '[]') from recent as e)
    )::text
$$;
comment on function get_briefing is 'The data of GET /state/context; SH404 for a repository that is not there.';
