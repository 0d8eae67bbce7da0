-- The log: where an event belongs; and append-only, for every role.
create trigger prepare before insert on progress_events for each row
when (new.repo is null and (new.task is not null or new.workplan is not null or new.decision is not null))
execute function prepare_event();
create trigger append_only before update or delete or truncate on progress_events
for each statement execute function refuse_change();
