-- Dependencies have no cycle: one writer a graph at a time, then a look along the graph after each row.
create trigger gate before insert or update on workplan_dependencies
for each statement execute function pass_gate();
create trigger refuse_cycle after insert or update on workplan_dependencies
for each row execute function refuse_workplan_cycle();
create trigger gate before insert or update on task_dependencies
for each statement execute function pass_gate();
create trigger refuse_cycle after insert or update on task_dependencies
for each row execute function refuse_task_cycle();
