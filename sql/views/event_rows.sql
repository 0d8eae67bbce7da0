create view event_rows as
select
    e.id, e.event_type, e.summary, e.detail, e.author, e.author_kind, r.slug as repo, p.slug as topic, w.code as workplan,
    t.code as task, d.code as decision, e.created_at, e.occurred_at
from progress_events as e
left join managed_repos as r on e.repo = r.id
left join topics as p on e.topic = p.id
left join workplans as w on e.workplan = w.id
left join tasks as t on e.task = t.id
left join decisions as d on e.decision = d.id;
comment on view event_rows is 'Progress events as served, references by short name.';
