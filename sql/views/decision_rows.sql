create view decision_rows as
select
    d.id, d.code, t.slug as topic, w.code as workplan, d.title, d.context, d.options, d.decision_type, d.status, d.rationale,
    d.decided_by, d.decided_at, d.due_at, d.escalation_note, s.code as superseded_by, d.labels, d.detail, d.version,
    d.created_at, d.updated_at
from decisions as d
left join topics as t on d.topic = t.id
left join workplans as w on d.workplan = w.id
left join decisions as s on d.superseded_by = s.id;
comment on view decision_rows is 'Decisions as served, references by short name.';
