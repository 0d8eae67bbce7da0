create index if not exists tasks_queue on tasks (priority, due_at, position) where queued;
create index if not exists tasks_repo_queue on tasks (repo, priority, due_at, position) where queued;
drop index if exists tasks_ready_queue, tasks_repo_ready_queue, task_claims_agent;
alter table task_claims drop column if exists lease;
insert into gates (name) values ('task_dependencies'), ('workplan_dependencies') on conflict do nothing;
delete from gates where name = 'dependencies';
