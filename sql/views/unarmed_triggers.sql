create view unarmed_triggers as
select split_part(a.name, '.', 1) as tbl, split_part(a.name, '.', 2) as trigger
from code_files as f cross join lateral unnest(f.triggers) as a (name)
where not exists (
    select from pg_trigger as t
    where t.tgrelid = to_regclass('statehub.' || quote_ident(split_part(a.name, '.', 1)))
        and t.tgname = split_part(a.name, '.', 2) and t.tgenabled = 'A'
);
comment on view unarmed_triggers is 'Triggers that are missing or off: none, or the rules do not hold and the summary cannot be exact.';
