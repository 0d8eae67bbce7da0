-- As import_workplans; parents are set once all rows are there.
create function import_tasks(target_repo uuid, docs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
    changed integer;
    why jsonb;
    orphans jsonb;
begin
    create temporary table incoming on commit drop as
    select
        d.code, w.id as workplan, d.parent, d.title, d.description, d.status::task_status as status, d.priority, d.assignee,
        d.waiting_on, d.due_at, d.position, d.labels, d.detail, t.id as existing,
        case
            when t.repo <> target_repo then 'this code belongs to another repository'
            when w.id is null then format('its workplan %s belongs to another repository', d.workplan)
        end as why,
        t.id is null or t.detail -> 'source' is distinct from d.detail -> 'source' as changed
    from jsonb_to_recordset(docs) as d (
        code text, workplan text, parent text, title text, description text, status text, priority smallint, assignee text,
        waiting_on text, due_at timestamptz, position integer, labels text [], detail jsonb
    )
    left join workplans as w on lower(d.workplan) = lower(w.code) and w.repo = target_repo
    left join tasks as t on lower(d.code) = lower(t.code);
    analyze incoming; -- else the joins below are planned for a few rows, and read all of them for each
    update tasks as t
    set workplan = i.workplan, title = i.title, description = i.description, status = i.status, priority = i.priority,
        assignee = i.assignee, waiting_on = i.waiting_on, due_at = i.due_at, position = i.position, labels = i.labels,
        detail = t.detail || i.detail
    from incoming as i
    where t.id = i.existing and i.why is null and i.changed;
    get diagnostics changed = row_count;
    insert into tasks (
        code, workplan, title, description, status, priority, assignee, waiting_on, due_at, position, labels, detail
    )
    select
        i.code, i.workplan, i.title, i.description, i.status, i.priority, i.assignee, i.waiting_on, i.due_at, i.position,
        i.labels, i.detail
    from incoming as i where i.existing is null and i.why is null;
    get diagnostics made = row_count;
    orphans := import_parents((
        select jsonb_agg(jsonb_build_array(t.id, p.id))
        from incoming as i
        inner join tasks as t on lower(i.code) = lower(t.code)
        left join tasks as p on lower(i.parent) = lower(p.code) and p.repo = target_repo
        where i.why is null and i.changed and t.parent is distinct from p.id and (p.id is not null or i.parent is null)
    ));
    select orphans || coalesce(jsonb_agg(jsonb_build_object(
        'name', i.code, 'why', format('its parent %s was left out; kept without one', i.parent)
    )), '[]') into orphans
    from incoming as i left join tasks as p on lower(i.parent) = lower(p.code) and p.repo = target_repo
    where i.why is null and i.parent is not null and p.id is null;
    select coalesce(jsonb_agg(jsonb_build_object('name', i.code, 'why', i.why)), '[]') into why
    from incoming as i where i.why is not null;
    drop table incoming;
    return jsonb_build_object(
        'created', made, 'updated', changed, 'skipped', jsonb_array_length(why),
        'unchanged', jsonb_array_length(docs) - made - changed - jsonb_array_length(why), 'why', why || orphans
    );
end
$$;
comment on function import_tasks is 'Creates or updates tasks of a repository; {created, updated, unchanged, skipped, why}.';
