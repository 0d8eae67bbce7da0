-- A workplan's code.
create trigger prepare before insert on workplans for each row execute function prepare_workplan();
