-- History, with its own occurred_at. An event of the same kind, about the same row, at the same moment is there already.
create function import_events(target_repo uuid, docs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
begin
    insert into progress_events (event_type, summary, detail, author, author_kind, repo, workplan, task, occurred_at)
    select
        e.event_type::event_type, e.summary, coalesce(e.detail, '{}'), e.author, e.author_kind::author_kind, target_repo,
        coalesce(w.id, t.workplan), t.id, e.occurred_at
    from jsonb_to_recordset(docs) as e (
        event_type text, summary text, detail jsonb, author text, author_kind text, workplan text, task text,
        occurred_at timestamptz
    )
    left join workplans as w on lower(e.workplan) = lower(w.code) and w.repo = target_repo
    left join tasks as t on lower(e.task) = lower(t.code) and t.repo = target_repo
    where (w.id is not null or t.id is not null) and not exists (
        select from progress_events as p
        where p.repo = target_repo and p.occurred_at = e.occurred_at and p.event_type = e.event_type::event_type
            and p.summary = e.summary and p.task is not distinct from t.id
    )
    order by e.occurred_at;
    get diagnostics made = row_count;
    return jsonb_build_object(
        'created', made, 'updated', 0, 'unchanged', jsonb_array_length(docs) - made, 'skipped', 0, 'why', '[]'::jsonb
    );
end
$$;
comment on function import_events is 'Adds the history that is not there yet; {created, updated, unchanged, skipped, why}.';
