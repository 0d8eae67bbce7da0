drop table unsettled, task_claims, task_dependencies, tasks;
