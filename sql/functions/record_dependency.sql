-- A dependency that was added or removed is an event of the task or workplan that waits. Author, kind and type are named as
-- for record_change(); bulk work tells of what it takes back only.
create function record_dependency() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    author text := coalesce(nullif(current_setting('statehub.author', true), ''), session_user);
    kind author_kind := coalesce(nullif(current_setting('statehub.author_kind', true), ''), 'human');
    type event_type := coalesce(nullif(current_setting('statehub.event_type', true), ''), 'changed');
    verb text := case when tg_op = 'DELETE' then 'no longer depends on' else 'depends on' end;
begin
    if tg_op = 'INSERT' and coalesce(current_setting('statehub.bulk', true), '') = 'on' then return null; end if;
    if tg_table_name = 'task_dependencies' then
        insert into progress_events (event_type, summary, detail, author, author_kind, repo, workplan, task)
        select
            type, format('Task %s %s %s', t.code, verb, b.code),
            jsonb_build_object('kind', 'task', 'name', t.code, 'columns', jsonb_build_array('depends_on'), 'depends_on', b.code),
            author, kind, t.repo, t.workplan, t.id
        from touched as d inner join tasks as t on d.task = t.id inner join tasks as b on d.depends_on = b.id;
    else
        insert into progress_events (event_type, summary, detail, author, author_kind, repo, topic, workplan)
        select
            type, format('Workplan %s %s %s', t.code, verb, b.code),
            jsonb_build_object('kind', 'workplan', 'name', t.code, 'columns', jsonb_build_array('depends_on'), 'depends_on', b.code),
            author, kind, t.repo, t.topic, t.id
        from touched as d inner join workplans as t on d.workplan = t.id inner join workplans as b on d.depends_on = b.id;
    end if;
    return null;
end
$$;
comment on function record_dependency is 'After a dependency was added or removed: its progress event.';
