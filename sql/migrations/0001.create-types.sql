-- The vocabularies: the one place where they are written. Python, OpenAPI, MCP and the dashboard are tested against it.
-- Adding a value is one migration: alter type … add value.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create type topic_status as enum ('active', 'paused', 'archived');
create type repo_status as enum ('active', 'archived');
create type repo_category as enum ('experimental', 'research', 'project', 'tooling', 'product', 'business');
create type workplan_status as enum ('proposed', 'ready', 'active', 'blocked', 'backlog', 'finished', 'archived');
create type task_status as enum ('wait', 'todo', 'progress', 'done', 'cancel');
create type decision_type as enum ('pending', 'made');
create type decision_status as enum ('open', 'resolved', 'escalated', 'superseded');
create type author_kind as enum ('human', 'agent', 'system');
create type event_type as enum (
    'note', 'milestone', 'created', 'changed', 'status', 'claim', 'release', 'takeover', 'decision', 'import', 'sync',
    'registration'
);
create type keyword_kind as enum ('financial', 'legal');
create type legacy_kind as enum ('rest', 'mcp', 'cli');

comment on type topic_status is 'archived is the soft delete';
comment on type repo_status is 'archived is the soft delete';
comment on type repo_category is 'what kind of work a repository is';
comment on type workplan_status is 'ready and active are open for work; finished and archived are closed';
comment on type task_status is 'done and cancel are closed; cancel is the soft delete';
comment on type decision_type is 'pending waits for an answer; made has one';
comment on type decision_status is 'superseded is the soft delete';
comment on type author_kind is 'who wrote an event';
comment on type event_type is 'what an event tells';
comment on type keyword_kind is 'why a keyword escalates a decision';
comment on type legacy_kind is 'which face an old interface belongs to';
