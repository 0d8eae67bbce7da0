create view kinds (kind, tbl, row_view, name_column, filters, page_key, newest_first) as
values
('domains', 'domains', 'domain_rows', 'slug', '{slug}'::text [], '{slug}'::text [], false),
('topics', 'topics', 'topic_rows', 'slug', '{slug,domain,status}', '{created_at,id}', false),
('repos', 'managed_repos', 'repo_rows', 'slug', '{slug,domain,status,category}', '{created_at,id}', false),
('workplans', 'workplans', 'workplan_rows', 'code', '{code,repo,topic,domain,owner,status,priority}', '{created_at,id}', false),
('tasks', 'tasks', 'task_rows', 'code', '{code,workplan,repo,parent,assignee,status,priority}', '{created_at,id}', false),
(
    'decisions', 'decisions', 'decision_rows', 'code', '{code,topic,workplan,decision_type,status,decided_by}',
    '{created_at,id}', false
),
(
    'progress', 'progress_events', 'event_rows', 'id',
    '{event_type,author,author_kind,repo,topic,workplan,task,decision}', '{id}', true
);
comment on view kinds is
'What the API serves: table, view of served rows, short name, columns a list can be filtered by, and the key it is paged by.';
