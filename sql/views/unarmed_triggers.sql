create view unarmed_triggers as
select r.tbl, w.name as trigger
from revisions as r cross join (values ('ledger_insert'), ('ledger_update'), ('ledger_delete'), ('ledger_truncate')) as w (name)
where not exists (
    select from pg_trigger as t
    where t.tgrelid = to_regclass('statehub.' || quote_ident(r.tbl)) and t.tgname = w.name and t.tgenabled = 'A'
);
comment on view unarmed_triggers is 'Watched tables whose revision triggers are missing or off: none, or the summary cannot be exact.';
