-- What an event costs its writer: a claim took a third of its time for it. The foreign keys to repository and workplan lock
-- rows that all agents share, and each further one writes down anew who holds them; that to the task asks for a row that was
-- just written. prepare_event() and keep_known() take their place. Events of one workplan or task are sorted when they are
-- asked for by time. A condition on an index is made ready by each statement, and nearly every event has a place. Built without
-- holding up writers.
-- transactional: false
-- depends: 0015.time-rows-singly
set lock_timeout = '2s';
set statement_timeout = '1h';

-- what an earlier try left half built would count as there
do $$
declare
    half_built text;
begin
    for half_built in
        select i.indexrelid::regclass::text from pg_index as i
        where not i.indisvalid and i.indexrelid::regclass::text ~ 'progress_events_(by_[a-z]+|repo_occurred)$'
    loop
        execute format('drop index %s', half_built);
    end loop;
end
$$;
create index concurrently if not exists progress_events_by_repo on progress_events (repo, id);
create index concurrently if not exists progress_events_by_workplan on progress_events (workplan, id);
create index concurrently if not exists progress_events_by_task on progress_events (task, id);
create index concurrently if not exists progress_events_repo_occurred on progress_events (repo, occurred_at desc, id desc);
drop index concurrently if exists progress_events_repo;
drop index concurrently if exists progress_events_repo_id;
drop index concurrently if exists progress_events_workplan;
drop index concurrently if exists progress_events_workplan_id;
drop index concurrently if exists progress_events_task;
drop index concurrently if exists progress_events_task_id;

-- last: the guarantee stays, since triggers give it, which are loaded right after this
-- squawk-ignore ban-drop-constraint
alter table progress_events drop constraint if exists progress_events_repo_known;
-- squawk-ignore ban-drop-constraint
alter table progress_events drop constraint if exists progress_events_workplan_known;
-- squawk-ignore ban-drop-constraint
alter table progress_events drop constraint if exists progress_events_task_known;
comment on column progress_events.repo is 'managed_repos; no foreign key, see prepare_event()';
comment on column progress_events.workplan is 'workplans; no foreign key, see prepare_event()';
comment on column progress_events.task is 'tasks; no foreign key, see prepare_event()';
