-- names: slug or code as it is compared; titled, described, reasoned: what is searched, with the weights A, B and C. These
-- are expressions over the table b that need nothing but its columns and pg_catalog, since indexes are made of them, and
-- code is dropped and loaded anew. newest: an order that has an index. among: what of the table is searched; a claim has nobody's
-- words, and the index would take a twentieth of its time.
create view searched_kinds (
    kind, path, tbl, named, name, title, titled, described, reasoned, status, repo, workplan, newest, moment, among
) as
values
(
    'topic', 'topics', 'topics', 'b.slug', 'b.slug', 'b.title', 'b.slug || '' '' || b.title', 'b.description', null,
    'b.status::text', 'null::uuid', 'null::uuid', 'b.updated_at desc, b.id desc', 'b.updated_at', null
),
(
    'repo', 'repos', 'managed_repos', 'b.slug', 'b.slug', 'b.name', 'b.slug || '' '' || b.name', null, null,
    'b.status::text', 'b.id', 'null::uuid', 'b.updated_at desc, b.id desc', 'b.updated_at', null
),
(
    'workplan', 'workplans', 'workplans', 'lower(b.code)', 'b.code', 'b.title', 'b.code || '' '' || b.title',
    'b.description', null, 'b.status::text', 'b.repo', 'b.id', 'b.updated_at desc, b.id desc', 'b.updated_at', null
),
(
    'task', 'tasks', 'tasks', 'lower(b.code)', 'b.code', 'b.title', 'b.code || '' '' || b.title', 'b.description', 'b.waiting_on',
    'b.status::text', 'b.repo', 'b.workplan', 'b.updated_at desc, b.id desc', 'b.updated_at', null
),
(
    'decision', 'decisions', 'decisions', 'lower(b.code)', 'b.code', 'b.title', 'b.code || '' '' || b.title', 'b.context',
    'b.rationale', 'b.status::text', '(select w.repo from workplans as w where w.id = b.workplan)', 'b.workplan',
    'b.updated_at desc, b.id desc', 'b.updated_at', null
),
(
    'progress', 'progress', 'progress_events', null, 'b.id::text', 'left(b.summary, 200)', null, 'b.summary', null,
    'null::text', 'b.repo', 'b.workplan', 'b.id desc', 'b.occurred_at', 'b.event_type <> ''claim'''
);
comment on view searched_kinds is 'What is searched of each kind, and how it is found.';
