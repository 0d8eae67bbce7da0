-- Each has an index. A key ends in something unique, so that a page starts exactly after the one before.
create view list_sorts (kind, name, key, types) as
with moments (name, key, types) as (
    values
    ('created_at', '{b.created_at,b.id}'::text [], '{timestamptz,uuid}'::text []),
    ('updated_at', '{b.updated_at,b.id}'::text [], '{timestamptz,uuid}'::text [])
),
urgency (name, key, types) as (
    values
    ('code', '{lower(b.code)}'::text [], '{text}'::text []),
    ('due_at', array['coalesce(b.due_at, ''infinity'')', 'b.id'], '{timestamptz,uuid}'),
    ('priority', '{b.priority,b.created_at,b.id}', '{smallint,timestamptz,uuid}')
)
select k.kind, m.name, m.key, m.types
from (values ('topics'), ('repos'), ('workplans'), ('workstreams'), ('tasks'), ('decisions')) as k (kind)
cross join moments as m
union all
select k.kind, 'slug', '{b.slug}'::text [], '{text}'::text [] from (values ('domains'), ('topics'), ('repos')) as k (kind)
union all
select k.kind, u.name, u.key, u.types
from (values ('workplans'), ('workstreams'), ('tasks'), ('decisions')) as k (kind) cross join urgency as u
where k.kind <> 'decisions' or u.name <> 'priority'
union all
values
('progress', 'id', '{b.id}'::text [], '{bigint}'::text []),
('progress', 'occurred_at', '{b.occurred_at,b.id}', '{timestamptz,bigint}');
comment on view list_sorts is 'What a list can be sorted by: the key as expressions over the table, and their types.';
