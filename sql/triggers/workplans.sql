-- A workplan's code and id.
create trigger prepare before insert on workplans for each row execute function prepare_workplan();
create trigger keep_id before update of id on workplans
for each row when (old.id <> new.id) execute function refuse_new_id();
