drop index if exists topics_created, topics_updated, managed_repos_created, managed_repos_updated, workplans_created,
workplans_updated, workplans_due, workplans_urgent, workplans_repo_created, tasks_created, tasks_updated, tasks_due,
tasks_urgent, tasks_workplan_created, tasks_repo_created, tasks_repo_open, tasks_status_created, tasks_assignee_created,
tasks_labels, decisions_created, decisions_updated, decisions_due, progress_events_author, progress_events_type,
progress_events_repo_id, progress_events_workplan_id, progress_events_task_id;
