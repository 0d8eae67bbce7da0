-- The 14 market domains. May run any number of times: what is there already stays as it is.
insert into domains (slug, name, description) values
('infotech', 'Information technology', 'Software, hardware, semiconductors, services'),
('financials', 'Financials', 'Banks, insurance, capital markets'),
('communication', 'Communication services', 'Telecommunication, media, entertainment'),
('healthcare', 'Health care', 'Providers, equipment, pharmaceuticals, biotechnology'),
('industrials', 'Industrials', 'Machinery, construction, transport, business services'),
('energy', 'Energy', 'Oil, gas, coal, renewables'),
('materials', 'Materials', 'Chemicals, metals, paper, packaging'),
('utilities', 'Utilities', 'Electricity, gas, water'),
('realestate', 'Real estate', 'Property and its management'),
('consumer-staples', 'Consumer staples', 'Food, household, personal goods'),
('consumer-discretionary', 'Consumer discretionary', 'Retail, cars, leisure, hospitality'),
('government', 'Government', 'Public administration and services'),
('education', 'Education', 'Schools, universities, training'),
('nonprofit', 'Non-profit', 'Associations, foundations, communities')
on conflict do nothing;
