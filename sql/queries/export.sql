-- The lines of GET /export, kind by kind, in an order in which they can be read into an empty hub: what a line refers to
-- stands in an earlier one, but for rows of its own kind (parent, superseded_by). Every stored column that is not derived,
-- references by short name.

-- name: count_exported
select json_build_object(
    'keyword', (select count(*) from escalation_keywords), 'domain', (select count(*) from domains),
    'topic', (select count(*) from topics), 'repo', (select count(*) from managed_repos),
    'workplan', (select count(*) from workplans), 'workplan_dependency', (select count(*) from workplan_dependencies),
    'task', (select count(*) from tasks), 'task_dependency', (select count(*) from task_dependencies),
    'claim', (select count(*) from task_claims), 'decision', (select count(*) from decisions),
    'progress', (select count(*) from progress_events), 'counter', (select count(*) from code_counters),
    'legacy_interface', (select count(*) from legacy_interfaces), 'legacy_use', (select count(*) from legacy_usage)
)::text;

-- name: export_keyword
select row_to_json(x)::text as line from (
    select 'keyword' as kind, k.keyword, k.kind as keyword_kind from escalation_keywords as k order by k.keyword
) as x;

-- name: export_domain
select row_to_json(x)::text as line from (select 'domain' as kind, d.* from domains as d order by d.slug) as x;

-- name: export_topic
select row_to_json(x)::text as line from (select 'topic' as kind, t.* from topics as t order by t.created_at, t.id) as x;

-- name: export_repo
select row_to_json(x)::text as line from (select 'repo' as kind, r.* from managed_repos as r order by r.created_at, r.id) as x;

-- name: export_workplan
select row_to_json(x)::text as line from (
    select
        'workplan' as kind, w.id, w.code, r.slug as repo, t.slug as topic, w.title, w.description, w.owner, w.status, w.priority,
        w.due_at, w.labels, w.detail, w.source_path, w.sync_base, w.created_at, w.updated_at, w.version
    from workplans as w inner join managed_repos as r on w.repo = r.id left join topics as t on w.topic = t.id
    order by w.created_at, w.id
) as x;

-- name: export_workplan_dependency
select row_to_json(x)::text as line from (
    select
        'workplan_dependency' as kind, w.code as workplan, n.code as depends_on, d.created_at, d.updated_at, d.version
    from workplan_dependencies as d
    inner join workplans as w on d.workplan = w.id inner join workplans as n on d.depends_on = n.id
    order by d.created_at, d.workplan, d.depends_on
) as x;

-- name: export_task
select row_to_json(x)::text as line from (
    select
        'task' as kind, t.id, t.code, w.code as workplan, r.slug as repo, p.code as parent, t.title, t.description, t.status,
        t.priority, t.assignee, t.waiting_on, t.due_at, t.position, t.labels, t.detail, t.created_at, t.updated_at, t.version
    from tasks as t
    inner join workplans as w on t.workplan = w.id
    inner join managed_repos as r on t.repo = r.id
    left join tasks as p on t.parent = p.id
    order by t.created_at, t.id
) as x;

-- name: export_task_dependency
select row_to_json(x)::text as line from (
    select 'task_dependency' as kind, t.code as task, n.code as depends_on, d.created_at, d.updated_at, d.version
    from task_dependencies as d inner join tasks as t on d.task = t.id inner join tasks as n on d.depends_on = n.id
    order by d.created_at, d.task, d.depends_on
) as x;

-- name: export_claim
select row_to_json(x)::text as line from (
    select
        'claim' as kind, t.code as task, c.claim_seq, c.claimed_by, c.claimed_at, c.lease_expires_at, c.lease, c.created_at,
        c.updated_at, c.version
    from task_claims as c inner join tasks as t on c.task = t.id order by c.created_at, c.task
) as x;

-- name: export_decision
select row_to_json(x)::text as line from (
    select
        'decision' as kind, d.id, d.code, t.slug as topic, w.code as workplan, d.title, d.context, d.options, d.decision_type,
        d.status, d.rationale, d.decided_by, d.decided_at, d.due_at, d.escalation_note, s.code as superseded_by, d.labels,
        d.detail, d.created_at, d.updated_at, d.version
    from decisions as d
    left join topics as t on d.topic = t.id
    left join workplans as w on d.workplan = w.id
    left join decisions as s on d.superseded_by = s.id
    order by d.created_at, d.id
) as x;

-- name: export_progress
select row_to_json(x)::text as line from (
    select
        'progress' as kind, e.id, e.event_type, e.summary, e.detail, e.author, e.author_kind, r.slug as repo, p.slug as topic,
        w.code as workplan, t.code as task, d.code as decision, e.occurred_at, e.created_at
    from progress_events as e
    left join managed_repos as r on e.repo = r.id
    left join topics as p on e.topic = p.id
    left join workplans as w on e.workplan = w.id
    left join tasks as t on e.task = t.id
    left join decisions as d on e.decision = d.id
    order by e.id
) as x;

-- name: export_counter
select row_to_json(x)::text as line from (
    select 'counter' as kind, r.slug as repo, w.code as workplan, c.last
    from code_counters as c left join managed_repos as r on c.scope = r.id left join workplans as w on c.scope = w.id
    order by c.scope
) as x;

-- name: export_legacy_interface
select row_to_json(x)::text as line from (
    select
        'legacy_interface' as kind, i.id, i.kind as legacy_kind, i.name, i.successor, i.sunset_at, i.retire_after_days,
        i.created_at, i.updated_at, i.version
    from legacy_interfaces as i order by i.created_at, i.id
) as x;

-- name: export_legacy_use
select row_to_json(x)::text as line from (
    select
        'legacy_use' as kind, i.kind as legacy_kind, i.name as interface, u.used_on, u.caller, u.uses, u.last_used_at,
        u.created_at, u.updated_at, u.version
    from legacy_usage as u inner join legacy_interfaces as i on u.interface = i.id order by u.created_at, u.interface, u.used_on
) as x;
