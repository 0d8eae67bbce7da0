drop table if exists unsettled, task_claims, task_dependencies, tasks;
