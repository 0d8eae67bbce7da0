-- Every trigger of ours fires always: a rule holds also where session_replication_role would skip ordinary triggers.
-- Runs when the code is loaded; what it answers is kept in code_files, so that unarmed_triggers can name one that is gone.
create function arm_triggers() returns text []
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    t record;
    armed text[] := '{}';
begin
    for t in
        select c.relname, g.tgname from pg_trigger as g inner join pg_class as c on g.tgrelid = c.oid
        where c.relnamespace = 'statehub'::regnamespace and not g.tgisinternal order by c.relname, g.tgname
    loop
        execute format('alter table %I enable always trigger %I', t.relname, t.tgname);
        armed := armed || format('%s.%s', t.relname, t.tgname);
    end loop;
    return armed;
end
$$;
comment on function arm_triggers is 'Makes every trigger fire always; their names, as table.trigger.';
