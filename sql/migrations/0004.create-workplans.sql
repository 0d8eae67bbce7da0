-- Workplans, what they depend on, and the counters behind codes that the database gives.
-- depends: 0003.create-topics-repos
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists workplans (
    id uuid primary key default gen_random_uuid(),
    code text not null
    constraint workplans_code_form check (
        code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' and code !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ),
    repo uuid not null constraint workplans_repo_known references managed_repos,
    topic uuid constraint workplans_topic_known references topics,
    title text not null constraint workplans_title_given check (title ~ '\S' and char_length(title) <= 1000),
    description text not null default '',
    owner text,
    status workplan_status not null default 'proposed',
    priority smallint not null default 2 constraint workplans_priority_range check (priority between 0 and 4),
    due_at timestamptz
    constraint workplans_due_at_range check (due_at >= '0001-01-02' and due_at < '9999-12-31'),
    labels text [] not null default '{}',
    detail jsonb not null default '{}' constraint workplans_detail_object check (jsonb_typeof(detail) = 'object'),
    source_path text,
    sync_base jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    -- what tasks refer to, so that their repo cannot differ from their workplan's
    constraint workplans_repo_of_id unique (id, repo)
);
comment on table workplans is 'A plan of one repository. source_path and sync_base belong to the consistency sync.';
comment on constraint workplans_due_at_range on workplans is 'due_at: takes the years 1 to 9999';
comment on constraint workplans_code_form on workplans is
'code: takes letters, digits, dot, dash and underscore, at most 100, the first a letter or digit, and must not look like an id';
comment on constraint workplans_repo_known on workplans is 'repo: is not registered; GET /repos lists them';
comment on constraint workplans_topic_known on workplans is 'topic: does not exist; GET /topics lists them';
comment on constraint workplans_title_given on workplans is 'title: must have 1 to 1,000 characters, not only spaces';
comment on constraint workplans_priority_range on workplans is 'priority: takes 0 (most urgent) to 4';
comment on constraint workplans_detail_object on workplans is 'detail: must be a JSON object';
create unique index if not exists workplans_code_taken on workplans (lower(code));
comment on index workplans_code_taken is 'code: is taken by another workplan';
create index if not exists workplans_repo on workplans (repo, status);
create index if not exists workplans_topic on workplans (topic, status) where topic is not null;
create index if not exists workplans_topic_open on workplans (topic, priority, due_at, code)
where status not in ('finished', 'archived') and topic is not null;
create index if not exists workplans_open on workplans (priority, due_at, code) where status not in ('finished', 'archived');

create table if not exists workplan_dependencies (
    workplan uuid not null constraint workplan_dependencies_workplan_known references workplans on delete cascade,
    depends_on uuid not null constraint workplan_dependencies_depends_on_known references workplans on delete cascade,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    primary key (workplan, depends_on),
    constraint workplan_dependencies_not_itself check (workplan <> depends_on)
);
comment on table workplan_dependencies is 'A workplan waits until all it depends on is finished or archived.';
comment on constraint workplan_dependencies_not_itself on workplan_dependencies is
'depends_on: a workplan cannot depend on itself';
comment on constraint workplan_dependencies_depends_on_known on workplan_dependencies is
'depends_on: no such workplan';
comment on constraint workplan_dependencies_pkey on workplan_dependencies is 'depends_on: is a dependency already';
create index if not exists workplan_dependencies_depends_on on workplan_dependencies (depends_on);

create table if not exists code_counters (
    scope uuid primary key,
    last integer not null
);
comment on table code_counters is
'The last number given in a repository (workplan codes) or a workplan (task codes). A number that was taken by hand is passed over.';

create table if not exists gates (
    name text primary key,
    passes bigint not null default 0
);
comment on table gates is
'One row a graph. Who adds a dependency updates it first, so that two writers cannot close a cycle between them.';
insert into gates (name) values ('task_dependencies'), ('workplan_dependencies') on conflict do nothing;
