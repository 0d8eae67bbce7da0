-- A workplan all of whose tasks are done or cancelled is offered as finished, by an event, once: again only when a task of it
-- was added or reopened since. Whoever owns it decides; no status is set. Called by settle(), which comes after every commit:
-- two that finish the last two tasks at the same moment do not see each other.
create function offer_finished(tasks uuid []) returns void
language sql volatile security definer set search_path = statehub, pg_temp as $$
    insert into progress_events (event_type, summary, detail, author, author_kind, repo, topic, workplan)
    select
        'note', format(
            'Workplan %s can be finished: its %s done or cancelled',
            w.code, case n.total when 1 then 'task is' else format('%s tasks are', n.total) end
        ),
        jsonb_build_object('finishable', w.code, 'tasks', n.total), 'statehub', 'system', w.repo, w.topic, w.id
    from (
        select distinct t.workplan as id from tasks as t
        where t.id = any(offer_finished.tasks) and t.status in ('done', 'cancel')
    ) as s
    inner join workplans as w on s.id = w.id and w.status not in ('finished', 'archived')
    cross join lateral (
        select count(*) as total from tasks as t where t.workplan = w.id
        having bool_and(t.status in ('done', 'cancel'))
    ) as n
    where not exists (
        select from progress_events as e
        where e.workplan = w.id and e.author_kind = 'system' and e.detail ->> 'finishable' = w.code and e.id > coalesce((
            select max(r.id) from progress_events as r
            where r.workplan = w.id and r.task is not null and (
                r.event_type = 'created' or (
                    r.detail #>> '{status,0}' in ('done', 'cancel') and r.detail #>> '{status,1}' not in ('done', 'cancel')
                )
            )
        ), 0)
    )
$$;
comment on function offer_finished is 'Writes a note for each workplan of these tasks that has nothing left to do, once.';
