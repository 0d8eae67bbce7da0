-- All at once, so that bulk work is one event; where that closes a cycle, one by one, so that only what closes it is left out.
create function import_parents(pairs jsonb) returns jsonb
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    pair record;
    why jsonb := '[]';
begin
    if pairs is null then return why; end if;
    begin
        update tasks as t set parent = (p ->> 1)::uuid from jsonb_array_elements(pairs) as p where t.id = (p ->> 0)::uuid;
        return why;
    exception when sqlstate 'SH409' or check_violation then null;
    end;
    for pair in
        select t.id, t.code, (p ->> 1)::uuid as parent
        from jsonb_array_elements(pairs) as p inner join tasks as t on t.id = (p ->> 0)::uuid order by t.code
    loop
        begin
            update tasks as t set parent = pair.parent where t.id = pair.id;
        exception when sqlstate 'SH409' or check_violation then
            why := why || jsonb_build_object('name', pair.code, 'why', sqlerrm);
        end;
    end loop;
    return why;
end
$$;
comment on function import_parents is 'Sets parents from pairs [task, parent] of ids; [{name, why}] of what was left out.';
