create view task_rows as
select
    t.id, t.code, w.code as workplan, r.slug as repo, p.code as parent, t.title, t.description, t.status, t.priority,
    t.assignee, t.waiting_on, t.due_at, t.position, t.labels, t.detail,
    array(
        select b.code from task_dependencies as d inner join tasks as b on d.depends_on = b.id
        where d.task = t.id order by b.code
    ) as depends_on,
    t.version, t.created_at, t.updated_at
from tasks as t
inner join workplans as w on t.workplan = w.id
inner join managed_repos as r on t.repo = r.id
left join tasks as p on t.parent = p.id;
comment on view task_rows is 'Tasks as served, references by short name.';
