-- A decision's code, its resolution, its escalation.
create trigger prepare before insert or update on decisions for each row execute function prepare_decision();
