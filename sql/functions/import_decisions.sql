-- As import_workplans. A decision belongs to a repository by way of its workplan; one without is everybody's.
create function import_decisions(target_repo uuid, docs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
    changed integer;
    why jsonb;
begin
    create temporary table incoming on commit drop as
    select
        d.code, w.id as workplan, d.title, d.context, d.decision_type::decision_type as decision_type,
        d.status::decision_status as status, d.rationale, d.decided_by, d.decided_at, d.labels, d.detail, k.id as existing,
        case
            when k.id is not null and p.repo is distinct from target_repo then 'this code belongs to another repository'
            when w.id is null then format('its workplan %s belongs to another repository', d.workplan)
            when k.decision_type = 'made' and k.detail -> 'source' is distinct from d.detail -> 'source'
                then 'it was decided here already; a new decision supersedes it'
        end as why,
        k.id is null or k.detail -> 'source' is distinct from d.detail -> 'source' as changed
    from jsonb_to_recordset(docs) as d (
        code text, workplan text, title text, context text, decision_type text, status text, rationale text, decided_by text,
        decided_at timestamptz, labels text [], detail jsonb
    )
    left join workplans as w on lower(d.workplan) = lower(w.code) and w.repo = target_repo
    left join decisions as k on lower(d.code) = lower(k.code)
    left join workplans as p on k.workplan = p.id;
    analyze incoming;
    update decisions as k
    set workplan = i.workplan, title = i.title, context = i.context, decision_type = i.decision_type, status = i.status,
        rationale = i.rationale, decided_by = i.decided_by, decided_at = i.decided_at, labels = i.labels,
        detail = k.detail || i.detail
    from incoming as i
    where k.id = i.existing and i.why is null and i.changed;
    get diagnostics changed = row_count;
    insert into decisions (
        code, workplan, title, context, decision_type, status, rationale, decided_by, decided_at, labels, detail
    )
    select
        i.code, i.workplan, i.title, i.context, i.decision_type, i.status, i.rationale, i.decided_by, i.decided_at, i.labels,
        i.detail
    from incoming as i where i.existing is null and i.why is null;
    get diagnostics made = row_count;
    select coalesce(jsonb_agg(jsonb_build_object('name', i.code, 'why', i.why)), '[]') into why
    from incoming as i where i.why is not null;
    drop table incoming;
    return jsonb_build_object(
        'created', made, 'updated', changed, 'skipped', jsonb_array_length(why),
        'unchanged', jsonb_array_length(docs) - made - changed - jsonb_array_length(why), 'why', why
    );
end
$$;
comment on function import_decisions is 'Creates or updates decisions of a repository; {created, updated, unchanged, skipped, why}.';
