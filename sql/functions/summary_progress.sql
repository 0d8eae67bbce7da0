-- The progress section: the last 20 events by when they happened, newest first.
create function summary_progress() returns bytea
language sql stable set search_path = statehub, pg_temp set jit = off set timezone = 'UTC' as $$
    select convert_to(json_build_object('recent_progress', coalesce(json_agg(json_build_object(
        'id', e.id, 'event_type', e.event_type, 'summary', e.summary, 'author', e.author, 'author_kind', e.author_kind,
        'repo', r.slug, 'topic', p.slug, 'workplan', w.code, 'task', t.code, 'decision', d.code,
        'created_at', e.created_at, 'occurred_at', e.occurred_at
    ) order by e.occurred_at desc, e.id desc), '[]'))::text, 'UTF8')
    from (select n.* from progress_events as n order by n.occurred_at desc, n.id desc limit 20) as e
    left join managed_repos as r on e.repo = r.id
    left join topics as p on e.topic = p.id
    left join workplans as w on e.workplan = w.id
    left join tasks as t on e.task = t.id
    left join decisions as d on e.decision = d.id
$$;
comment on function summary_progress is 'The progress section of GET /state/summary, as JSON in UTF-8.';
