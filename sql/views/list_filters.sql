-- refers: the kind whose short names are looked up first, so that the planner sees ids, and takes the index of that column.
-- In condition, b is the table; %1$s the comparison, %2$L all values as an array's text. (Few rows have labels: the index has
-- those only.)
create view list_filters (kind, name, refers, value_type, condition) as
with own (kind, name, refers, value_type, condition) as (
    values
    ('domains', 'slug', null, 'text', 'b.slug %1$s'),
    ('topics', 'slug', null, 'text', 'b.slug %1$s'),
    ('topics', 'domain', null, 'text', 'b.domain %1$s'),
    ('topics', 'status', null, 'topic_status', 'b.status %1$s'),
    ('repos', 'slug', null, 'text', 'b.slug %1$s'),
    ('repos', 'domain', null, 'text', 'b.domain %1$s'),
    ('repos', 'status', null, 'repo_status', 'b.status %1$s'),
    ('repos', 'category', null, 'repo_category', 'b.category %1$s'),
    ('repos', 'tag', null, 'text', 'b.capability_tags && %2$L::text []'),
    ('workplans', 'code', null, 'text', 'lower(b.code) %1$s'),
    ('workplans', 'repo', 'repos', 'uuid', 'b.repo %1$s'),
    ('workplans', 'topic', 'topics', 'uuid', 'b.topic %1$s'),
    ('workplans', 'domain', 'repos of a domain', 'uuid', 'b.repo %1$s'),
    ('workplans', 'owner', null, 'text', 'b.owner %1$s'),
    ('workplans', 'status', null, 'workplan_status', 'b.status %1$s'),
    ('workplans', 'priority', null, 'smallint', 'b.priority %1$s'),
    ('workplans', 'label', null, 'text', 'b.labels && %2$L::text [] and b.labels <> ''{}'''),
    ('tasks', 'code', null, 'text', 'lower(b.code) %1$s'),
    ('tasks', 'workplan', 'workplans', 'uuid', 'b.workplan %1$s'),
    ('tasks', 'repo', 'repos', 'uuid', 'b.repo %1$s'),
    ('tasks', 'topic', 'workplans of a topic', 'uuid', 'b.workplan %1$s'),
    ('tasks', 'domain', 'repos of a domain', 'uuid', 'b.repo %1$s'),
    ('tasks', 'parent', 'tasks', 'uuid', 'b.parent %1$s'),
    ('tasks', 'assignee', null, 'text', 'b.assignee %1$s'),
    ('tasks', 'status', null, 'task_status', 'b.status %1$s'),
    ('tasks', 'priority', null, 'smallint', 'b.priority %1$s'),
    ('tasks', 'label', null, 'text', 'b.labels && %2$L::text [] and b.labels <> ''{}'''),
    ('decisions', 'code', null, 'text', 'lower(b.code) %1$s'),
    ('decisions', 'repo', 'workplans of a repo', 'uuid', 'b.workplan %1$s'),
    ('decisions', 'topic', 'topics', 'uuid', 'b.topic %1$s'),
    ('decisions', 'workplan', 'workplans', 'uuid', 'b.workplan %1$s'),
    ('decisions', 'decision_type', null, 'decision_type', 'b.decision_type %1$s'),
    ('decisions', 'status', null, 'decision_status', 'b.status %1$s'),
    ('decisions', 'decided_by', null, 'text', 'b.decided_by %1$s'),
    ('decisions', 'label', null, 'text', 'b.labels && %2$L::text [] and b.labels <> ''{}'''),
    ('progress', 'event_type', null, 'event_type', 'b.event_type %1$s'),
    ('progress', 'author', null, 'text', 'b.author %1$s'),
    ('progress', 'author_kind', null, 'author_kind', 'b.author_kind %1$s'),
    ('progress', 'repo', 'repos', 'uuid', 'b.repo %1$s'),
    ('progress', 'topic', 'topics', 'uuid', 'b.topic %1$s'),
    ('progress', 'workplan', 'workplans', 'uuid', 'b.workplan %1$s'),
    ('progress', 'task', 'tasks', 'uuid', 'b.task %1$s'),
    ('progress', 'decision', 'decisions', 'uuid', 'b.decision %1$s')
)
select own.kind, own.name, own.refers, own.value_type, own.condition from own
union all
select 'workstreams', o.name, o.refers, o.value_type, o.condition from own as o where o.kind = 'workplans'
union all
values
('workstreams', 'workstream_id', 'workplans', 'uuid', 'b.id %1$s'),
('workstreams', 'repo_id', 'repos', 'uuid', 'b.repo %1$s'),
('workstreams', 'topic_id', 'topics', 'uuid', 'b.topic %1$s')
union all
select
    k.kind, e.name, null, 'timestamptz',
    format('b.%s %s %%3$L', case k.kind when 'progress' then 'occurred_at' else 'updated_at' end, e.operator)
from kinds as k cross join (values ('since', '>='), ('until', '<')) as e (name, operator)
where k.kind <> 'domains';
comment on view list_filters is 'What a list can be filtered by, and how.';
