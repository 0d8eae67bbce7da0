drop type if exists topic_status, repo_status, repo_category, workplan_status, task_status, decision_type, decision_status,
author_kind, event_type, keyword_kind, legacy_kind;
