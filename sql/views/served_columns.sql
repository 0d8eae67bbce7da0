create view served_columns as
select k.kind, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attnum as position
from kinds as k
inner join pg_attribute as a on a.attrelid = to_regclass('statehub.' || k.row_view) and a.attnum > 0 and not a.attisdropped;
comment on view served_columns is 'The columns of what the API serves, in order.';
