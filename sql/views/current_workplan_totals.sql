create view current_workplan_totals as
select s.workplan, s.key, sum(s.n)::bigint as n
from (
    select t.workplan, t.key, t.n from workplan_totals as t
    union all
    select l.scope, l.key, l.n from ledger as l where l.scope is not null
) as s
group by s.workplan, s.key;
comment on view current_workplan_totals is 'Tasks by workplan and status, as of the reader''s snapshot.';
