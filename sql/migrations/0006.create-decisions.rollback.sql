drop table if exists escalation_keywords, decisions;
drop sequence if exists decision_number;
