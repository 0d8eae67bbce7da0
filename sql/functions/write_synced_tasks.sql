-- Tasks with a code come first, so that no number is given that the batch itself takes. Those without get theirs in its order.
create function write_synced_tasks() returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    made integer;
    changed integer;
begin
    with made_tasks as (
        insert into tasks (
            code, workplan, title, description, status, priority, assignee, waiting_on, due_at, position, labels
        )
        select
            b.code, p.id, n.title, coalesce(n.description, ''), coalesce(n.status, 'todo'), coalesce(n.priority, 2), n.assignee,
            n.waiting_on, n.due_at, coalesce(n.position, 0), coalesce(n.labels, '{}')
        from batch_tasks as b inner join batch_plans as p on b.plan_at = p.at
        cross join lateral jsonb_populate_record(null::tasks, b.doc) as n
        where b.id is null order by b.code is null, b.plan_at, b.at
        returning id, code, workplan
    ),
    numbered as (
        select m.id, m.code, p.at as plan_at, row_number() over (partition by m.workplan order by length(m.code), m.code) as n
        from made_tasks as m inner join batch_plans as p on m.workplan = p.id
        where lower(m.code) not in (select lower(b.code) from batch_tasks as b where b.code is not null)
    ),
    nameless as (
        select b.plan_at, b.at, row_number() over (partition by b.plan_at order by b.at) as n
        from batch_tasks as b where b.code is null
    ),
    known as (
        select s.plan_at, s.at, m.id, m.code from nameless as s inner join numbered as m on s.plan_at = m.plan_at and s.n = m.n
        union all
        select b.plan_at, b.at, m.id, m.code from batch_tasks as b inner join made_tasks as m on lower(b.code) = lower(m.code)
    )
    update batch_tasks as b set id = k.id, code = k.code from known as k where b.plan_at = k.plan_at and b.at = k.at;
    get diagnostics made = row_count;
    update tasks as t
    set title = n.title, description = n.description, status = n.status, priority = n.priority, assignee = n.assignee,
        waiting_on = n.waiting_on, due_at = n.due_at, position = n.position, labels = n.labels
    from batch_tasks as b inner join tasks as o on b.id = o.id cross join lateral jsonb_populate_record(o, b.doc) as n
    where t.id = o.id and b.expected is not null
        and (o.title, o.description, o.status, o.priority, o.assignee, o.waiting_on, o.due_at, o.position, o.labels)
        is distinct from
        (n.title, n.description, n.status, n.priority, n.assignee, n.waiting_on, n.due_at, n.position, n.labels);
    get diagnostics changed = row_count;
    return jsonb_build_object('tasks_created', made, 'tasks_updated', changed);
end
$$;
comment on function write_synced_tasks is 'Inserts and updates the tasks of the batch; how many of each.';
