-- A workplan's code, and its tasks' repository.
create trigger prepare before insert on workplans for each row execute function prepare_workplan();
create trigger move_tasks after update of repo on workplans
for each row when (old.repo is distinct from new.repo) execute function move_tasks();
