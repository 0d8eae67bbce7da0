-- A repository's id.
create trigger keep_id before update of id on managed_repos
for each row when (old.id <> new.id) execute function refuse_new_id();
