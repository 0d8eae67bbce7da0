drop table gates, code_counters, workplan_dependencies, workplans;
