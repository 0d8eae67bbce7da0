create index if not exists progress_events_repo on progress_events (repo, occurred_at desc, id desc) where repo is not null;
create index if not exists progress_events_repo_id on progress_events (repo, id) where repo is not null;
create index if not exists progress_events_workplan on progress_events (workplan, occurred_at desc, id desc)
where workplan is not null;
create index if not exists progress_events_workplan_id on progress_events (workplan, id) where workplan is not null;
create index if not exists progress_events_task on progress_events (task, occurred_at desc, id desc) where task is not null;
create index if not exists progress_events_task_id on progress_events (task, id) where task is not null;
drop index if exists progress_events_by_repo, progress_events_by_workplan, progress_events_by_task, progress_events_repo_occurred;
comment on column progress_events.repo is null;
comment on column progress_events.workplan is null;
alter table progress_events add constraint progress_events_repo_known foreign key (repo) references managed_repos not valid;
alter table progress_events add constraint progress_events_workplan_known foreign key (workplan) references workplans not valid;
alter table progress_events validate constraint progress_events_repo_known;
alter table progress_events validate constraint progress_events_workplan_known;
comment on constraint progress_events_repo_known on progress_events is 'repo: is not registered';
comment on constraint progress_events_workplan_known on progress_events is 'workplan: does not exist';
