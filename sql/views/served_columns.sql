create view served_columns as
select
    k.kind, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attnum as position,
    a.attname = any(k.filters) as can_filter,
    (select array_agg(v.value order by v.position) from vocabularies as v where v.name = t.typname) as vocabulary,
    -- short names are compared without case
    a.attname = any('{slug,code,domain,repo,topic,workplan,task,parent,decision}'::name []) as is_short_name
from kinds as k
inner join pg_attribute as a on a.attrelid = to_regclass('statehub.' || k.row_view) and a.attnum > 0 and not a.attisdropped
inner join pg_type as t on a.atttypid = t.oid;
comment on view served_columns is 'The columns of what the API serves, in order.';
