-- What can make a task ready or not.
create trigger leave_unsettled_insert after insert on tasks referencing new table as changed
for each statement execute function leave_unsettled();
-- by row: most changes of a task make nothing ready, and cost no call
create trigger leave_unsettled_update after update on tasks for each row
when (
    old.workplan <> new.workplan
    or (old.status <> new.status and (new.status in ('todo', 'done', 'cancel') or old.status in ('done', 'cancel')))
)
execute function leave_unsettled();
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
