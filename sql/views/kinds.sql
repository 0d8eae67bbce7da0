create view kinds (kind, tbl, row_view, name_column, key_column) as
values
('domains', 'domains', 'domain_rows', 'slug', 'slug'),
('topics', 'topics', 'topic_rows', 'slug', 'id'),
('repos', 'managed_repos', 'repo_rows', 'slug', 'id'),
('workplans', 'workplans', 'workplan_rows', 'code', 'id'),
('workstreams', 'workplans', 'workstream_rows', 'code', 'id'),
('tasks', 'tasks', 'task_rows', 'code', 'id'),
('decisions', 'decisions', 'decision_rows', 'code', 'id'),
('progress', 'progress_events', 'event_rows', 'id', 'id');
comment on view kinds is 'What the API serves: table, view of served rows, short name, and the column that tells a row.';
