-- The log: where an event belongs; that what it is about stays; and append-only, for every role.
create trigger prepare before insert on progress_events for each row
when (new.repo is null or pg_trigger_depth() = 0)
execute function prepare_event();
create trigger keep_known before delete on managed_repos for each row execute function keep_known('repo');
create trigger keep_known before delete on workplans for each row execute function keep_known('workplan');
create trigger keep_known before delete on tasks for each row execute function keep_known('task');
create trigger keep_known_truncate before truncate on managed_repos for each statement execute function keep_known('repo');
create trigger keep_known_truncate before truncate on workplans for each statement execute function keep_known('workplan');
create trigger keep_known_truncate before truncate on tasks for each statement execute function keep_known('task');
create trigger append_only before update or delete or truncate on progress_events
for each statement execute function refuse_change();
