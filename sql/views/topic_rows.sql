create view topic_rows as
select t.id, t.slug, t.title, t.description, t.domain, t.status, t.version, t.created_at, t.updated_at from topics as t;
comment on view topic_rows is 'Topics as served.';
