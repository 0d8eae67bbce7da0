-- Who is watched: table, section, and for a counted table the column of its totals and their scope.
-- A test lists every other table, with the reason why it is not here.
select watch('domains', 'core');
select watch('topics', 'core', 'status');
select watch('managed_repos', 'core');
select watch('workplans', 'core', 'status');
select watch('workplan_dependencies', 'core');
select watch('tasks', 'core', 'status', 'workplan');
select watch('task_dependencies', 'core');
select watch('decisions', 'core', 'status');
select watch('progress_events', 'progress');
