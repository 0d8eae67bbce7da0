create view workplan_rows as
select
    w.id, w.code, r.slug as repo, t.slug as topic, r.domain, w.title, w.description, w.owner, w.status, w.priority, w.due_at,
    w.labels, w.detail, w.source_path,
    array(
        select b.code from workplan_dependencies as d inner join workplans as b on d.depends_on = b.id
        where d.workplan = w.id order by b.code
    ) as depends_on,
    (
        select json_build_object('done', coalesce(sum(c.n) filter (where c.key = 'done'), 0), 'total', coalesce(sum(c.n), 0))
        from current_workplan_totals as c where c.workplan = w.id
    ) as tasks,
    -- nothing is left to do, and nobody has said so yet
    w.status not in ('finished', 'archived') and (
        select coalesce(sum(c.n) > 0 and sum(c.n) = sum(c.n) filter (where c.key in ('done', 'cancel')), false)
        from current_workplan_totals as c where c.workplan = w.id
    ) as finishable,
    w.version, w.created_at, w.updated_at
from workplans as w inner join managed_repos as r on w.repo = r.id left join topics as t on w.topic = t.id;
comment on view workplan_rows is 'Workplans as served, references by short name.';
