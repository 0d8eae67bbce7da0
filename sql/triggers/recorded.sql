-- Who leaves a progress event with each insert and change, and under which noun.
create trigger record_insert after insert on topics referencing new table as changed
for each statement execute function record_change('topic');
create trigger record_update after update on topics referencing old table as was new table as changed
for each statement execute function record_change('topic');
create trigger record_insert after insert on managed_repos referencing new table as changed
for each statement execute function record_change('repo');
create trigger record_update after update on managed_repos referencing old table as was new table as changed
for each statement execute function record_change('repo');
create trigger record_insert after insert on workplans referencing new table as changed
for each statement execute function record_change('workplan');
create trigger record_update after update on workplans referencing old table as was new table as changed
for each statement execute function record_change('workplan');
create trigger record_insert after insert on tasks referencing new table as changed
for each statement execute function record_change('task');
create trigger record_update after update on tasks referencing old table as was new table as changed
for each statement execute function record_change('task');
create trigger record_insert after insert on decisions referencing new table as changed
for each statement execute function record_change('decision');
create trigger record_update after update on decisions referencing old table as was new table as changed
for each statement execute function record_change('decision');
create trigger record_insert after insert on workplan_dependencies referencing new table as touched
for each statement execute function record_dependency();
create trigger record_delete after delete on workplan_dependencies referencing old table as touched
for each statement execute function record_dependency();
create trigger record_insert after insert on task_dependencies referencing new table as touched
for each statement execute function record_dependency();
create trigger record_delete after delete on task_dependencies referencing old table as touched
for each statement execute function record_dependency();
