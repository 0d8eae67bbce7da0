create view domain_rows as
select d.slug as id, d.slug, d.name, d.description, d.version, d.created_at, d.updated_at from domains as d;
comment on view domain_rows is 'Domains as served.';
