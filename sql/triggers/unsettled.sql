-- What can make a task ready or not. An update of a task is in prepare_task().
create trigger leave_unsettled_insert after insert on tasks referencing new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_update after update on workplans referencing old table as was new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_insert after insert on task_dependencies referencing new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_delete after delete on task_dependencies referencing old table as was
for each statement execute function leave_unsettled();
create trigger leave_unsettled_insert after insert on workplan_dependencies referencing new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_delete after delete on workplan_dependencies referencing old table as was
for each statement execute function leave_unsettled();
create trigger leave_unsettled_update after update on task_dependencies referencing old table as was new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_truncate before truncate on task_dependencies
for each statement execute function leave_unsettled();
create trigger leave_unsettled_update after update on workplan_dependencies referencing old table as was new table as changed
for each statement execute function leave_unsettled();
create trigger leave_unsettled_truncate before truncate on workplan_dependencies
for each statement execute function leave_unsettled();
