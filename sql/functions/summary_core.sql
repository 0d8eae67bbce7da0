-- The core section as one JSON text: totals from counters, lists from partial indexes, so that its cost follows what is open
-- and not the history. Nothing in it depends on the clock. Lists are cut at row_limit; truncated tells which, and where the
-- rest is.
create function summary_core(row_limit integer) returns bytea
language sql stable set search_path = statehub, pg_temp set jit = off set timezone = 'UTC' as $$
    with counted as materialized (select t.tbl, t.key, t.n from current_totals as t),
    fresh as materialized (
        select l.scope as workplan, l.key, sum(l.n) as n from ledger as l where l.scope is not null group by l.scope, l.key
    ),
    shown_topics as materialized (
        select t.id, t.slug, t.title, t.domain, t.status from topics as t
        where t.status in ('active', 'paused') order by t.status, t.slug limit row_limit
    ),
    open_plans as materialized (
        select w.id, w.priority, w.due_at, w.code, null::uuid as topic from (
            select w.* from workplans as w where w.status not in ('finished', 'archived')
            order by w.priority, w.due_at, w.code limit row_limit
        ) as w
        union all
        select w.id, w.priority, w.due_at, w.code, t.id
        from shown_topics as t cross join lateral (
            select w.* from workplans as w where w.topic = t.id and w.status not in ('finished', 'archived')
            order by w.priority, w.due_at, w.code limit row_limit
        ) as w
    ),
    plan_tasks as materialized (
        select s.workplan, sum(s.n) filter (where s.key = 'done') as done, sum(s.n) as total
        from (
            select t.workplan, t.key, t.n from workplan_totals as t where t.workplan in (select p.id from open_plans as p)
            union all
            select f.workplan, f.key, f.n from fresh as f
        ) as s
        group by s.workplan
    ),
    stubs as materialized (
        select
            p.topic as under, p.priority, p.due_at, w.code, w.title, w.status, r.slug as repo, t.slug as topic, r.domain, w.owner,
            json_build_object('done', coalesce(c.done, 0), 'total', coalesce(c.total, 0)) as tasks
        from open_plans as p
        inner join workplans as w on p.id = w.id
        inner join managed_repos as r on w.repo = r.id
        left join topics as t on w.topic = t.id
        left join plan_tasks as c on w.id = c.workplan
    ),
    blocking as materialized (
        select d.code, d.title, t.slug as topic, w.code as workplan, d.status, d.escalation_note, d.due_at, d.created_at
        from (
            select b.* from decisions as b where b.decision_type = 'pending' and b.status in ('open', 'escalated')
            order by b.status desc, b.due_at, b.code limit row_limit
        ) as d
        left join topics as t on d.topic = t.id
        left join workplans as w on d.workplan = w.id
    ),
    waiting as materialized (
        select
            t.code, t.title, w.code as workplan, r.slug as repo, t.priority, t.assignee, t.waiting_on, t.updated_at
        from (
            select b.* from tasks as b where b.status = 'wait' order by b.priority, b.updated_at, b.code limit row_limit
        ) as t
        inner join workplans as w on t.workplan = w.id
        inner join managed_repos as r on t.repo = r.id
    )
    select convert_to(json_build_object(
        'totals', summary_totals((select json_agg(c) from counted as c)),
        'topics', (
            select coalesce(json_agg(json_build_object(
                'id', t.id, 'slug', t.slug, 'title', t.title, 'domain', t.domain, 'status', t.status,
                'workstreams', (
                    select coalesce(json_agg(
                        json_build_object('code', s.code, 'title', s.title, 'status', s.status, 'tasks', s.tasks)
                        order by s.priority, s.due_at, s.code
                    ), '[]') from stubs as s where s.under = t.id
                )
            ) order by t.status, t.slug), '[]') from shown_topics as t
        ),
        'blocking_decisions', (select coalesce(json_agg(b order by b.status desc, b.due_at, b.code), '[]') from blocking as b),
        'waiting_tasks', (select coalesce(json_agg(w order by w.priority, w.updated_at, w.code), '[]') from waiting as w),
        'open_workstreams', (
            select coalesce(json_agg(json_build_object(
                'code', s.code, 'title', s.title, 'status', s.status, 'tasks', s.tasks, 'repo', s.repo, 'topic', s.topic,
                'domain', s.domain, 'owner', s.owner, 'priority', s.priority, 'due_at', s.due_at
            ) order by s.priority, s.due_at, s.code), '[]') from stubs as s where s.under is null
        ),
        'truncated', summary_truncated(row_limit, (select array_agg(t.id) from shown_topics as t))
    )::text, 'UTF8')
$$;
comment on function summary_core is 'The core section of GET /state/summary, as JSON in UTF-8.';
