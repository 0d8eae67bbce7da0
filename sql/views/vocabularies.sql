create view vocabularies as
select
    t.typname::text as name, e.enumlabel::text as value,
    row_number() over (partition by t.oid order by e.enumsortorder) as position
from pg_type as t inner join pg_enum as e on t.oid = e.enumtypid
where t.typnamespace = 'statehub'::regnamespace;
comment on view vocabularies is 'The vocabularies and their values in order: what every face is tested against.';
