-- What waits: status wait, and todo with a dependency that is not done; each with the reason in words and the codes it waits
-- for. `after`, the code of the last task that was seen, goes on behind it.
create function list_blocked(repo text, workplan text, after text, page_size integer) returns text
language plpgsql volatile set search_path = statehub, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    repos uuid[];
    plan uuid;
    last_seen tasks;
    page text;
begin
    select s.repos, s.plan into repos, plan from claim_scope(list_blocked.repo, list_blocked.workplan, null, null) as s;
    if after is not null then
        select t.* into last_seen from tasks as t where t.id = row_id('tasks', after);
    end if;
    with blocked as (
        select t.id from tasks as t where t.status = 'wait'
        union
        select d.task from task_dependencies as d
        inner join tasks as t on d.task = t.id
        inner join tasks as b on d.depends_on = b.id
        where t.status = 'todo' and b.status not in ('done', 'cancel')
    ),
    page as (
        select t.id, row_number() over (order by t.priority, t.due_at, t.position, t.code) as n
        from blocked as c inner join tasks as t on c.id = t.id
        where (repos is null or t.repo = any(repos)) and (plan is null or t.workplan = plan)
            and (
                last_seen.id is null or (t.priority, coalesce(t.due_at, 'infinity'), t.position, t.code)
                > (last_seen.priority, coalesce(last_seen.due_at, 'infinity'), last_seen.position, last_seen.code)
            )
        order by t.priority, t.due_at, t.position, t.code limit page_size + 1
    ),
    items as (
        select p.n, v.code, to_jsonb(v) || jsonb_build_object('reason', array_to_string(array_remove(array[
            case when v.status = 'wait' then coalesce(nullif(v.waiting_on, ''), 'it waits, and does not say what for') end,
            'waits for ' || o.named
        ], null), '; ')) as item
        from page as p inner join task_rows as v on p.id = v.id
        cross join lateral (
            select string_agg(format('%s (%s)', b.code, b.status), ', ' order by b.code) as named
            from task_dependencies as d inner join tasks as b on d.depends_on = b.id
            where d.task = p.id and b.status not in ('done', 'cancel')
        ) as o
        where p.n <= page_size
    )
    select json_build_object(
        'items', coalesce((select json_agg(i.item order by i.n) from items as i), '[]'),
        'next_cursor', (select i.code from items as i where i.n = page_size and exists (select from page as p where p.n > page_size))
    )::text into page;
    return page;
end
$$;
comment on function list_blocked is 'The blocked tasks as served, each with its reason, as JSON text: {"items": […], "next_cursor"}.';
