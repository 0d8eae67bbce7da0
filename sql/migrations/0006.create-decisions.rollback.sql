drop table escalation_keywords, decisions;
drop sequence decision_number;
