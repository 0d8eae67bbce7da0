-- Pairs [who waits, what for] of codes within the repository, one by one, so that of a cycle only what closes it is left out.
create function import_dependencies(target_repo uuid, workplan_pairs jsonb, task_pairs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    pair record;
    made integer := 0;
    asked integer := jsonb_array_length(workplan_pairs) + jsonb_array_length(task_pairs);
    known integer := 0;
    why jsonb := '[]';
begin
    for pair in
        select p.kind, p.waits, p.needs, coalesce(a.id, b.id) as waiter, coalesce(c.id, d.id) as needed,
            w.workplan is not null or t.task is not null as known
        from (
            select 'workplan' as kind, x ->> 0 as waits, x ->> 1 as needs from jsonb_array_elements(workplan_pairs) as x
            union all
            select 'task', x ->> 0, x ->> 1 from jsonb_array_elements(task_pairs) as x
        ) as p
        left join workplans as a on p.kind = 'workplan' and lower(p.waits) = lower(a.code) and a.repo = target_repo
        left join workplans as c on p.kind = 'workplan' and lower(p.needs) = lower(c.code) and c.repo = target_repo
        left join tasks as b on p.kind = 'task' and lower(p.waits) = lower(b.code) and b.repo = target_repo
        left join tasks as d on p.kind = 'task' and lower(p.needs) = lower(d.code) and d.repo = target_repo
        left join workplan_dependencies as w on a.id = w.workplan and c.id = w.depends_on
        left join task_dependencies as t on b.id = t.task and d.id = t.depends_on
    loop
        if pair.known then
            known := known + 1;
        elsif pair.waiter is null or pair.needed is null then
            why := why || jsonb_build_object('name', pair.waits, 'why', format('depends on %s: one of them was left out', pair.needs));
        else
            begin
                if pair.kind = 'workplan' then
                    insert into workplan_dependencies (workplan, depends_on) values (pair.waiter, pair.needed)
                    on conflict do nothing;
                else
                    insert into task_dependencies (task, depends_on) values (pair.waiter, pair.needed)
                    on conflict do nothing;
                end if;
                made := made + 1;
            exception when sqlstate 'SH409' or check_violation then
                why := why || jsonb_build_object('name', pair.waits, 'why', sqlerrm);
            end;
        end if;
    end loop;
    return jsonb_build_object(
        'created', made, 'updated', 0, 'unchanged', known, 'skipped', asked - made - known, 'why', why
    );
end
$$;
comment on function import_dependencies is 'Adds dependencies by code; {created, updated, unchanged, skipped, why}.';
