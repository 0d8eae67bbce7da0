-- What clients of an older hub expect, beside all that a workplan is served with.
create view workstream_rows as
select v.*, w.id as workstream_id, w.repo as repo_id, w.topic as topic_id
from workplan_rows as v inner join workplans as w on v.id = w.id;
comment on view workstream_rows is 'Workplans under the older words.';
