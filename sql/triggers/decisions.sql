-- A decision's code, its resolution, its escalation; and successors that form no loop.
create trigger prepare before insert or update on decisions for each row execute function prepare_decision();
create trigger gate before update of id, superseded_by on decisions for each statement execute function pass_gate();
create trigger refuse_cycle after insert or update of id, superseded_by on decisions
for each row when (new.superseded_by is not null) execute function refuse_successor_cycle();
create trigger keep_id before update of id on decisions
for each row when (old.id <> new.id) execute function refuse_new_id();
