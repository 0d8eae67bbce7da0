-- The status of one task, and the one event that tells of it in the words of a claim: record_change() takes them from
-- statehub.told. Where the status is that already, nothing of the task changes, and the event is written here.
create function change_status(task uuid, status task_status, event_type event_type, said text, detail jsonb) returns text
language plpgsql volatile set search_path = statehub, pg_temp as $$
#variable_conflict use_column
declare
    named text;
    told text;
begin
    told := set_config('statehub.told', json_build_object(
        'event_type', change_status.event_type, 'summary', said, 'detail', change_status.detail
    )::text, true);
    update tasks as t set status = change_status.status
    where t.id = change_status.task and t.status <> change_status.status returning t.code into named;
    told := set_config('statehub.told', '', true);
    if named is null then
        select t.code into named from tasks as t where t.id = change_status.task;
        insert into progress_events (event_type, summary, detail, author, author_kind, task)
        select
            change_status.event_type, left(format('Task %s %s', named, said), 2000),
            jsonb_build_object('kind', 'task', 'name', named) || change_status.detail, w.author, w.kind, change_status.task
        from event_author() as w;
    end if;
    return named;
end
$$;
comment on function change_status is 'Sets a task''s status and tells of it in one event; returns its code.';
