-- Lists are paged by created_at, updated_at, due_at or priority: each order has its index, and so has each column that people
-- filter a long list by. Without them a page of 100,000 tasks took 90 ms, of a million a second. Built without holding up
-- writers.
-- transactional: false
-- depends: 0008.create-legacy-meter
set lock_timeout = '2s';
set statement_timeout = '1h';

-- what an earlier try left half built would count as there
do $$
declare
    half_built text;
begin
    for half_built in
        select i.indexrelid::regclass::text from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
        where not i.indisvalid and c.relnamespace = 'statehub'::regnamespace
    loop
        execute format('drop index %s', half_built);
    end loop;
end
$$;

create index concurrently if not exists topics_created on topics (created_at, id);
create index concurrently if not exists topics_updated on topics (updated_at, id);
create index concurrently if not exists managed_repos_created on managed_repos (created_at, id);
create index concurrently if not exists managed_repos_updated on managed_repos (updated_at, id);

create index concurrently if not exists workplans_created on workplans (created_at, id);
create index concurrently if not exists workplans_updated on workplans (updated_at, id);
create index concurrently if not exists workplans_due on workplans (coalesce(due_at, 'infinity'), id);
create index concurrently if not exists workplans_urgent on workplans (priority, created_at, id);
create index concurrently if not exists workplans_repo_created on workplans (repo, created_at, id);

create index concurrently if not exists tasks_created on tasks (created_at, id);
create index concurrently if not exists tasks_updated on tasks (updated_at, id);
create index concurrently if not exists tasks_due on tasks (coalesce(due_at, 'infinity'), id);
create index concurrently if not exists tasks_urgent on tasks (priority, created_at, id);
create index concurrently if not exists tasks_workplan_created on tasks (workplan, created_at, id);
create index concurrently if not exists tasks_repo_created on tasks (repo, created_at, id);
create index concurrently if not exists tasks_repo_open on tasks (repo, created_at, id) where status not in ('done', 'cancel');
create index concurrently if not exists tasks_status_created on tasks (status, created_at, id);
create index concurrently if not exists tasks_assignee_created on tasks (assignee, created_at, id) where assignee is not null;
create index concurrently if not exists tasks_labels on tasks using gin (labels) where labels <> '{}';

create index concurrently if not exists decisions_created on decisions (created_at, id);
create index concurrently if not exists decisions_updated on decisions (updated_at, id);
create index concurrently if not exists decisions_due on decisions (coalesce(due_at, 'infinity'), id);

create index concurrently if not exists progress_events_author on progress_events (author, id);
create index concurrently if not exists progress_events_type on progress_events (event_type, id);
create index concurrently if not exists progress_events_repo_id on progress_events (repo, id) where repo is not null;
create index concurrently if not exists progress_events_workplan_id on progress_events (workplan, id)
where workplan is not null;
create index concurrently if not exists progress_events_task_id on progress_events (task, id) where task is not null;
