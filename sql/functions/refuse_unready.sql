create function refuse_unready(task uuid) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    why json := why_task(refuse_unready.task);
begin
    if not (why ->> 'ready')::boolean then
        raise exception '%', (select string_agg(w, ' ') from json_array_elements_text(why -> 'why') as w) using errcode = 'SH409';
    end if;
end
$$;
comment on function refuse_unready is 'SH409 with the reasons, unless the task is ready.';
