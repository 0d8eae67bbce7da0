-- Every insert and change of an entity becomes a progress event, in the same transaction, for any writer. The author is the
-- setting statehub.author, else the database user. statehub.event_type names the event otherwise; with statehub.bulk = on a
-- statement writes one event for all its rows (imports, which bring their own history). statehub.told gives the words
-- for a change of status that is part of a claim, which changes nothing else: other words, but an event in any case. The event
-- of a finished task names what became ready by it.
create function record_change() returns trigger
language plpgsql security definer set search_path = statehub, pg_temp as $$
declare
    noun text := tg_argv[0];
    named text;
    author text := coalesce(nullif(current_setting('statehub.author', true), ''), session_user);
    kind author_kind := coalesce(nullif(current_setting('statehub.author_kind', true), ''), 'human');
    told jsonb := case when noun = 'task' and tg_op = 'UPDATE' then nullif(current_setting('statehub.told', true), '') end;
    type event_type;
    bulk boolean;
    facts jsonb[];
begin
    if told is not null then
        insert into progress_events (event_type, summary, detail, author, author_kind, repo, workplan, task)
        select
            (told ->> 'event_type')::event_type, left(format('Task %s %s', c.code, told ->> 'summary'), 2000),
            jsonb_build_object('kind', 'task', 'name', c.code, 'columns', '{status}'::text [], 'status', array[w.status, c.status])
                || (told -> 'detail')
                || case when c.status in ('done', 'cancel') then finished_detail(c.id, w.status, c.status) else '{}' end,
            author, kind, c.repo, c.workplan, c.id
        from changed as c inner join was as w on c.id = w.id;
        return null;
    end if;
    named := case when noun in ('topic', 'repo') then 'slug' else 'code' end;
    type := nullif(current_setting('statehub.event_type', true), '');
    bulk := coalesce(current_setting('statehub.bulk', true), '') = 'on';
    if tg_op = 'INSERT' then
        select array_agg(to_jsonb(c)) into facts from changed as c;
    else
        select array_agg(
            n.new || jsonb_build_object('columns', n.columns, 'was', n.old_status) || case when noun = 'task' and not bulk
                then finished_detail((n.new ->> 'id')::uuid, (n.old_status #>> '{}')::task_status, (n.new ->> 'status')::task_status)
                else '{}' end
        ) into facts
        from (
            select
                to_jsonb(c) as new, to_jsonb(w) -> 'status' as old_status,
                changed_columns(to_jsonb(w), to_jsonb(c)) as columns
            from changed as c inner join was as w on c.id = w.id
        ) as n
        where n.columns is not null;
    end if;
    insert into progress_events (event_type, summary, detail, author, author_kind, repo, topic, workplan, task, decision)
    select
        coalesce(type, e.event_type::event_type), e.summary, e.detail, author, kind,
        e.repo, e.topic, e.workplan, e.task, e.decision
    from events_of(noun, named, tg_op = 'INSERT', bulk, facts) as e;
    return null;
end
$$;
comment on function record_change is 'After insert or update of an entity: its progress event.';
