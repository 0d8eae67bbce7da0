-- What a task takes from its workplan and what its status brings with it, and parents that form no loop: only an update can
-- close one with what others do at the same time, since nobody sees a new task before it is committed.
create trigger prepare before insert or update on tasks for each row execute function prepare_task();
create trigger gate before update of id, parent on tasks for each statement execute function pass_gate();
create trigger refuse_cycle after insert or update of id, parent on tasks
for each row when (new.parent is not null) execute function refuse_parent_cycle();
create trigger keep_id before update of id on tasks
for each row when (old.id <> new.id) execute function refuse_new_id();
