-- A row that names depends_on gets exactly that set; with depends_on_read, only what differs between the two is written, so that
-- what others added or took meanwhile stays. Those to add go in by one statement a graph, to pass the gate once.
create function write_synced_dependencies() returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    wrong jsonb;
    added integer := 0;
    removed integer := 0;
    gone record;
begin
    create temporary table batch_needs on commit drop as
    select was_read(b.doc, x.name, false) as known, 'tasks' as kind, b.id as waits, t.id as needs, x.name,
        format('/workplans/%s/tasks/%s/depends_on/%s', b.plan_at, b.at, x.n - 1) as pointer
    from batch_tasks as b cross join lateral jsonb_array_elements_text(b.doc -> 'depends_on') with ordinality as x (name, n)
    left join tasks as t on lower(x.name) = lower(t.code)
    union all
    select was_read(b.doc, x.name, false), 'workplans', b.id, w.id, x.name, format('/workplans/%s/depends_on/%s', b.at, x.n - 1)
    from batch_plans as b cross join lateral jsonb_array_elements_text(b.doc -> 'depends_on') with ordinality as x (name, n)
    left join workplans as w on lower(x.name) = lower(w.code);
    select jsonb_agg(jsonb_build_object('pointer', n.pointer, 'detail', format('There is no %s %s', left(n.kind, -1), n.name)))
    into wrong from batch_needs as n where n.needs is null;
    if wrong is not null then
        raise exception '%', wrong #>> '{0,detail}' using errcode = 'SH422', detail = wrong::text;
    end if;
    for gone in
        select 'tasks' as kind, t.code as waits, o.code as needs
        from batch_tasks as b inner join tasks as t on b.id = t.id inner join task_dependencies as d on t.id = d.task
        inner join tasks as o on d.depends_on = o.id
        where b.doc ? 'depends_on' and not exists (select from batch_needs as n where n.waits = t.id and n.needs = o.id)
            and was_read(b.doc, o.code, true)
        union all
        select 'workplans', w.code, o.code
        from batch_plans as b inner join workplans as w on b.id = w.id inner join workplan_dependencies as d on w.id = d.workplan
        inner join workplans as o on d.depends_on = o.id
        where b.doc ? 'depends_on' and not exists (select from batch_needs as n where n.waits = w.id and n.needs = o.id)
            and was_read(b.doc, o.code, true)
    loop
        if gone.kind = 'tasks' then
            perform remove_task_dependency(gone.waits, gone.needs);
        else
            perform remove_workplan_dependency(gone.waits, gone.needs);
        end if;
        removed := removed + 1;
    end loop;
    delete from batch_needs as n
    where n.known
        or exists (select from task_dependencies as d where d.task = n.waits and d.depends_on = n.needs)
        or exists (select from workplan_dependencies as d where d.workplan = n.waits and d.depends_on = n.needs);
    if exists (select from batch_needs as n where n.kind = 'tasks') then
        insert into task_dependencies (task, depends_on)
        select distinct n.waits, n.needs from batch_needs as n where n.kind = 'tasks';
    end if;
    if exists (select from batch_needs as n where n.kind = 'workplans') then
        insert into workplan_dependencies (workplan, depends_on)
        select distinct n.waits, n.needs from batch_needs as n where n.kind = 'workplans';
    end if;
    select count(distinct (n.waits, n.needs)) into added from batch_needs as n;
    drop table batch_needs;
    return jsonb_build_object('dependencies_added', added, 'dependencies_removed', removed);
end
$$;
comment on function write_synced_dependencies is 'Sets what the batch''s rows depend on; how many were added and removed.';
