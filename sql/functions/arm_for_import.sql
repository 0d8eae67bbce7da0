-- The rows of an exported hub have their codes, times and events already: the triggers that would give them others rest while
-- they are read in, and the one that keeps the log, for the few events of the seed that make room. All others (revisions,
-- totals, cycles, readiness) go on. Within the transaction of import_hub alone, under its locks.
create function arm_for_import(on_again boolean) returns void
language plpgsql volatile set search_path = statehub, pg_temp as $$
declare
    t record;
begin
    for t in
        select c.relname, g.tgname from pg_trigger as g inner join pg_class as c on g.tgrelid = c.oid
        where c.relnamespace = 'statehub'::regnamespace and not g.tgisinternal
            and (g.tgname in ('record_insert', 'prepare', 'append_only'))
        order by c.relname, g.tgname
    loop
        execute format('alter table %I %s trigger %I', t.relname, case when on_again then 'enable always' else 'disable' end, t.tgname);
    end loop;
end
$$;
comment on function arm_for_import is 'Rests the triggers that an import of a whole hub does without, and arms them again.';
