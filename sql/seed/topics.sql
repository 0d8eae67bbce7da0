-- The six canonical topics.
insert into topics (slug, title, description, domain) values
('platform', 'Platform', 'What everything else runs on', 'infotech'),
('product', 'Product', 'What users see', 'infotech'),
('research', 'Research', 'What is being tried', 'infotech'),
('operations', 'Operations', 'Keeping things running', 'industrials'),
('governance', 'Governance', 'Rules, law, money', 'government'),
('community', 'Community', 'Those who use and those who help', 'nonprofit')
on conflict do nothing;
