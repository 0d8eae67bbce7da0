-- Claims over the API: the queue in its full order (the code last, so that no sort is left), the claims of an agent, how long a
-- lease is when it is renewed, and one gate for both graphs of dependencies, since two were passed in opposite order by two
-- transactions that add to both. Built without holding up writers.
-- transactional: false
-- depends: 0011.create-search-language
set lock_timeout = '2s';
set statement_timeout = '1h';

alter table task_claims add column if not exists lease interval not null default '30 minutes';
do $$
begin
    if not exists (select from pg_constraint where conname = 'task_claims_lease_range') then
        -- the table is as long as the list of tasks that were ever claimed
        alter table task_claims add constraint task_claims_lease_range
        check (lease > interval '0' and lease <= interval '7 days') not valid;
    end if;
end
$$;
do $$ begin alter table task_claims validate constraint task_claims_lease_range; end $$;
comment on constraint task_claims_lease_range on task_claims is 'lease_s: takes up to 604,800 (7 days), more than 0';

-- what an earlier try left half built would count as there
do $$
declare
    half_built text;
begin
    for half_built in
        select i.indexrelid::regclass::text from pg_index as i
        where not i.indisvalid and i.indexrelid::regclass::text
            ~ '(tasks_ready_queue|tasks_repo_ready_queue|task_claims_agent)$'
    loop
        execute format('drop index %s', half_built);
    end loop;
end
$$;
create index concurrently if not exists tasks_ready_queue on tasks (priority, due_at, position, code) where queued;
create index concurrently if not exists tasks_repo_ready_queue on tasks (repo, priority, due_at, position, code) where queued;
create index concurrently if not exists task_claims_agent on task_claims (lower(claimed_by)) where claimed_by is not null;
drop index concurrently if exists tasks_queue;
drop index concurrently if exists tasks_repo_queue;

insert into gates (name) values ('dependencies') on conflict do nothing;
delete from gates where name <> 'dependencies';
comment on table gates is
'One row, for both graphs. Who adds a dependency updates it first, so that two writers cannot close a cycle between them.';
