-- What a task takes from its workplan, and the end of a claim.
create trigger prepare before insert or update on tasks for each row execute function prepare_task();
create trigger release_claim after update of status on tasks
for each row when (old.status is distinct from new.status and new.status in ('done', 'cancel'))
execute function release_finished_claim();
