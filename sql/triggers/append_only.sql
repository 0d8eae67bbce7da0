-- The log is append-only, for every role and also where session_replication_role would skip a trigger.
create trigger append_only before update or delete or truncate on progress_events
for each statement execute function refuse_change();
alter table progress_events enable always trigger append_only;
