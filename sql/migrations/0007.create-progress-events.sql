-- The append-only log. Each event keeps its transaction (xid), so that /state/changes can tell what a token had not seen.
-- depends: 0006.create-decisions
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create table if not exists progress_events (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    event_type event_type not null default 'note',
    summary text not null
    constraint progress_events_summary_given check (summary ~ '\S' and char_length(summary) <= 2000),
    detail jsonb not null default '{}'
    constraint progress_events_detail_object check (jsonb_typeof(detail) = 'object'),
    author text not null constraint progress_events_author_given check (author ~ '\S' and char_length(author) <= 200),
    author_kind author_kind not null default 'human',
    repo uuid constraint progress_events_repo_known references managed_repos,
    topic uuid constraint progress_events_topic_known references topics,
    workplan uuid constraint progress_events_workplan_known references workplans,
    task uuid constraint progress_events_task_known references tasks,
    decision uuid constraint progress_events_decision_known references decisions,
    occurred_at timestamptz not null default now()
    constraint progress_events_occurred_at_range check (occurred_at >= '0001-01-02' and occurred_at < '9999-12-31'),
    created_at timestamptz not null default now()
);
comment on table progress_events is 'What happened, by whom. Append-only: no update, no delete, no truncate.';
comment on constraint progress_events_occurred_at_range on progress_events is 'occurred_at: takes the years 1 to 9999';
comment on constraint progress_events_summary_given on progress_events is
'summary: must have 1 to 2,000 characters, not only spaces';
comment on constraint progress_events_author_given on progress_events is
'author: must have 1 to 200 characters, not only spaces';
comment on constraint progress_events_detail_object on progress_events is 'detail: must be a JSON object';
comment on constraint progress_events_repo_known on progress_events is 'repo: is not registered';
comment on constraint progress_events_topic_known on progress_events is 'topic: does not exist';
comment on constraint progress_events_workplan_known on progress_events is 'workplan: does not exist';
comment on constraint progress_events_task_known on progress_events is 'task: does not exist';
comment on constraint progress_events_decision_known on progress_events is 'decision: does not exist';
create index if not exists progress_events_xid on progress_events (xid, id);
create index if not exists progress_events_occurred on progress_events (occurred_at desc, id desc);
create index if not exists progress_events_repo on progress_events (repo, occurred_at desc, id desc) where repo is not null;
create index if not exists progress_events_topic on progress_events (topic) where topic is not null;
create index if not exists progress_events_workplan on progress_events (workplan, occurred_at desc, id desc)
where workplan is not null;
create index if not exists progress_events_task on progress_events (task, occurred_at desc, id desc) where task is not null;
create index if not exists progress_events_decision on progress_events (decision) where decision is not null;
