drop table if exists gates, code_counters, workplan_dependencies, workplans;
