create view ready_tasks as
with touched as materialized (
    select s.id
    from tasks_touched(
        array(select u.task from unsettled as u where u.task is not null),
        array(select u.workplan from unsettled as u where u.workplan is not null)
    ) as s
),
candidates as materialized (
    select t.id from tasks as t where t.queued and t.id not in (select s.id from touched as s)
    union all
    select t.id from tasks as t inner join touched as s on t.id = s.id where task_is_ready(t.status, t.workplan, t.id)
    union all
    select t.id
    from tasks as t inner join task_claims as c on t.id = c.task
    where c.claimed_by is not null and c.lease_expires_at <= clock_timestamp() and t.status = 'progress'
        and workplan_is_open(t.workplan) and task_is_free(t.id)
)
select t.id, t.code, t.workplan, t.repo, t.title, t.status, t.priority, t.assignee, t.due_at, t.position
from candidates as c inner join tasks as t on c.id = t.id
where not exists (
    select from task_claims as k where k.task = t.id and k.claimed_by is not null and k.lease_expires_at > clock_timestamp()
)
order by t.priority, t.due_at, t.position, t.code;
comment on view ready_tasks is
'What may be taken now, most urgent first: queued, or in progress under a lease that has run out.';
