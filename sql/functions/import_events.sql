-- History, with its own occurred_at. An event of the same kind, about the same row, at the same moment is there already; one
-- about a row that was left out is left out too.
create function import_events(target_repo uuid, docs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
    known integer;
begin
    create temporary table incoming on commit drop as
    select
        e.event_type::event_type as event_type, e.summary, coalesce(e.detail, '{}') as detail, e.author,
        e.author_kind::author_kind as author_kind, coalesce(w.id, t.workplan, d.workplan) as workplan, t.id as task,
        d.id as decision, e.occurred_at
    from jsonb_to_recordset(docs) as e (
        event_type text, summary text, detail jsonb, author text, author_kind text, workplan text, task text,
        decision text, occurred_at timestamptz
    )
    left join workplans as w on lower(e.workplan) = lower(w.code) and w.repo = target_repo
    left join tasks as t on lower(e.task) = lower(t.code) and t.repo = target_repo
    left join (decisions as d inner join workplans as o on d.workplan = o.id and o.repo = target_repo)
        on lower(e.decision) = lower(d.code)
    where coalesce(w.id, t.id, d.id) is not null;
    get diagnostics known = row_count;
    analyze incoming;
    insert into progress_events (event_type, summary, detail, author, author_kind, repo, workplan, task, decision, occurred_at)
    select
        e.event_type, e.summary, e.detail, e.author, e.author_kind, target_repo, e.workplan, e.task, e.decision, e.occurred_at
    from incoming as e
    where not exists (
        select from progress_events as p
        where p.repo = target_repo and p.occurred_at = e.occurred_at and p.event_type = e.event_type
            and (p.summary = e.summary or e.event_type <> 'note') -- a title may have changed since
            and coalesce(e.task, e.decision, e.workplan) = coalesce(p.task, p.decision, p.workplan)
            and p.task is not distinct from e.task and p.decision is not distinct from e.decision
    )
    order by e.occurred_at;
    get diagnostics made = row_count;
    drop table incoming;
    return jsonb_build_object(
        'created', made, 'updated', 0, 'unchanged', known - made, 'skipped', jsonb_array_length(docs) - known, 'why', '[]'::jsonb
    );
end
$$;
comment on function import_events is 'Adds the history that is not there yet; {created, updated, unchanged, skipped, why}.';
