-- Tasks, what they depend on, who holds them, and the tasks whose queued flag is yet to be settled.
-- depends: 0004.create-workplans
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists tasks (
    id uuid primary key default gen_random_uuid(),
    code text not null
    constraint tasks_code_form check (
        code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$' and code !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ),
    workplan uuid not null,
    repo uuid not null,
    parent uuid constraint tasks_parent_known references tasks,
    title text not null constraint tasks_title_given check (title ~ '\S' and char_length(title) <= 1000),
    description text not null default '',
    status task_status not null default 'todo',
    priority smallint not null default 2 constraint tasks_priority_range check (priority between 0 and 4),
    assignee text,
    waiting_on text,
    due_at timestamptz
    constraint tasks_due_at_range check (due_at >= '0001-01-02' and due_at < '9999-12-31'),
    position integer not null default 0,
    queued boolean not null default false,
    labels text [] not null default '{}',
    detail jsonb not null default '{}' constraint tasks_detail_object check (jsonb_typeof(detail) = 'object'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    constraint tasks_parent_not_itself check (parent <> id),
    constraint tasks_workplan_known foreign key (workplan, repo) references workplans (id, repo) on update cascade
);
comment on table tasks is 'The work. repo is kept equal to the workplan''s by its foreign key; queued is settled by triggers and settle().';
comment on constraint tasks_due_at_range on tasks is 'due_at: takes the years 1 to 9999';
comment on constraint tasks_code_form on tasks is
'code: takes letters, digits, dot, dash and underscore, at most 120, the first a letter or digit, and must not look like an id';
comment on constraint tasks_workplan_known on tasks is 'workplan: does not exist; GET /workplans lists them';
comment on constraint tasks_parent_known on tasks is 'parent: no such task';
comment on constraint tasks_parent_not_itself on tasks is 'parent: a task cannot be its own parent';
comment on constraint tasks_title_given on tasks is 'title: must have 1 to 1,000 characters, not only spaces';
comment on constraint tasks_priority_range on tasks is 'priority: takes 0 (most urgent) to 4';
comment on constraint tasks_detail_object on tasks is 'detail: must be a JSON object';
create unique index if not exists tasks_code_taken on tasks (lower(code));
comment on index tasks_code_taken is 'code: is taken by another task';
create index if not exists tasks_workplan on tasks (workplan, position, code);
create index if not exists tasks_parent on tasks (parent) where parent is not null;
create index if not exists tasks_waiting on tasks (priority, updated_at, code) where status = 'wait';
create index if not exists tasks_queue on tasks (priority, due_at, position) where queued;
create index if not exists tasks_repo_queue on tasks (repo, priority, due_at, position) where queued;

create table if not exists task_dependencies (
    task uuid not null constraint task_dependencies_task_known references tasks on delete cascade,
    depends_on uuid not null constraint task_dependencies_depends_on_known references tasks on delete cascade,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    primary key (task, depends_on),
    constraint task_dependencies_not_itself check (task <> depends_on)
);
comment on table task_dependencies is
'A task waits until all it depends on is done or cancelled, within or across repositories.';
comment on constraint task_dependencies_not_itself on task_dependencies is 'depends_on: a task cannot depend on itself';
comment on constraint task_dependencies_depends_on_known on task_dependencies is 'depends_on: no such task';
comment on constraint task_dependencies_pkey on task_dependencies is 'depends_on: is a dependency already';
create index if not exists task_dependencies_depends_on on task_dependencies (depends_on);

create table if not exists task_claims (
    task uuid primary key constraint task_claims_task_known references tasks on delete cascade,
    claim_seq bigint not null default 0,
    claimed_by text,
    claimed_at timestamptz,
    lease_expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    constraint task_claims_whole check (num_nulls(claimed_by, claimed_at, lease_expires_at) in (0, 3))
);
comment on table task_claims is
'Who holds a task, and until when. A row outlives its claim, so that claim_seq only grows. Not watched: a heartbeat bumps nothing.';
create index if not exists task_claims_lease on task_claims (lease_expires_at) where claimed_by is not null;

create table if not exists unsettled (
    task uuid,
    workplan uuid
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
comment on table unsettled is
'Tasks (with those that depend on them) and workplans (likewise) that changed since settle() last looked: until then they are judged by the plain join. No index, insert-only.';
