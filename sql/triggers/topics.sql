-- A topic's id.
create trigger keep_id before update of id on topics
for each row when (old.id <> new.id) execute function refuse_new_id();
