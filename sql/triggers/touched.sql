-- version and updated_at of every entity. Not of tasks when settle() sets queued alone: nobody's If-Match should fail for that.
create trigger touch before update on domains for each row execute function touch_row();
create trigger touch before update on topics for each row execute function touch_row();
create trigger touch before update on managed_repos for each row execute function touch_row();
create trigger touch before update on workplans for each row execute function touch_row();
create trigger touch before update on workplan_dependencies for each row execute function touch_row();
create trigger touch before update of
id, code, workplan, repo, parent, title, description, status, priority, assignee, waiting_on, due_at, position, labels, detail,
version, created_at, updated_at
on tasks for each row execute function touch_row();
create trigger touch before update on task_dependencies for each row execute function touch_row();
create trigger touch before update on task_claims for each row execute function touch_row();
create trigger touch before update on decisions for each row execute function touch_row();
create trigger touch before update on legacy_interfaces for each row execute function touch_row();
create trigger touch before update on legacy_usage for each row execute function touch_row();
