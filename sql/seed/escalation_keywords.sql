-- The words that escalate a pending decision. Change the table, not this file: a seed adds, it never removes.
insert into escalation_keywords (keyword, kind) values
('acquisition', 'financial'), ('audit', 'financial'), ('bank', 'financial'), ('billing', 'financial'),
('budget', 'financial'), ('cost', 'financial'), ('credit', 'financial'), ('debt', 'financial'), ('expense', 'financial'),
('fee', 'financial'), ('financial', 'financial'), ('funding', 'financial'), ('insurance', 'financial'),
('investment', 'financial'), ('invoice', 'financial'), ('loan', 'financial'), ('payment', 'financial'),
('payroll', 'financial'), ('penalty', 'financial'), ('price', 'financial'), ('pricing', 'financial'),
('purchase', 'financial'), ('refund', 'financial'), ('revenue', 'financial'), ('salary', 'financial'),
('subscription', 'financial'), ('tax', 'financial'),
('agreement', 'legal'), ('attorney', 'legal'), ('compliance', 'legal'), ('confidentiality', 'legal'),
('contract', 'legal'), ('copyright', 'legal'), ('court', 'legal'), ('data protection', 'legal'), ('gdpr', 'legal'),
('lawsuit', 'legal'), ('lawyer', 'legal'), ('legal', 'legal'), ('liability', 'legal'), ('licence', 'legal'),
('license', 'legal'), ('litigation', 'legal'), ('nda', 'legal'), ('patent', 'legal'), ('privacy', 'legal'),
('regulation', 'legal'), ('regulatory', 'legal'), ('settlement', 'legal'), ('terms of service', 'legal'),
('trademark', 'legal'), ('warranty', 'legal')
on conflict do nothing;
