-- name: list_changes
select * from list_changes($1::text::pg_snapshot, $2::text::xid8, $3::text::pg_snapshot, $4::text::xid8, $5, $6);

-- name: list_delta
select e.author, lower(r.slug) as repo, lower(w.code) as workplan, e.detail ->> 'kind' as kind, e.detail ? 'count' as bulk,
    array_remove(array[
        case when e.topic is not null then 'topic' end, case when e.repo is not null then 'repo' end,
        case when e.workplan is not null then 'workplan' end, case when e.task is not null then 'task' end,
        case when e.decision is not null then 'decision' end
    ], null) as about
from changed_events($1::text::pg_snapshot, null, $2::text::pg_snapshot, '0', 0, $3) as c
inner join progress_events as e on c.id = e.id
left join managed_repos as r on e.repo = r.id
left join workplans as w on e.workplan = w.id;
