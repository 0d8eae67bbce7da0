-- The statements that drop every trigger, view and function of the schema, in an order that needs no cascade: what somebody
-- else built on top of ours is never dropped along.
select format('drop trigger %I on statehub.%I', t.tgname, c.relname)
from pg_trigger as t inner join pg_class as c on t.tgrelid = c.oid
where c.relnamespace = 'statehub'::regnamespace and not t.tgisinternal
union all
select 'drop view ' || string_agg(format('statehub.%I', c.relname), ', ')
from pg_class as c where c.relnamespace = 'statehub'::regnamespace and c.relkind = 'v' having count(*) > 0
union all
select 'drop function ' || string_agg(p.oid::regprocedure::text, ', ')
from pg_proc as p where p.pronamespace = 'statehub'::regnamespace having count(*) > 0
