create view current_totals as
select s.tbl, s.key, sum(s.n)::bigint as n
from (
    select t.tbl, t.key, t.n from totals as t
    union all
    select l.tbl, l.key, l.n from ledger as l where l.key is not null
) as s
group by s.tbl, s.key;
comment on view current_totals is 'Rows by status, as of the reader''s snapshot: folded and not yet folded.';
