-- Decisions, and the words that make a pending one somebody's business.
-- depends: 0005.create-tasks
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create sequence if not exists decision_number as integer;

create table if not exists decisions (
    id uuid primary key default gen_random_uuid(),
    code text not null
    constraint decisions_code_form check (
        code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' and code !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ),
    topic uuid constraint decisions_topic_known references topics,
    workplan uuid constraint decisions_workplan_known references workplans,
    title text not null constraint decisions_title_given check (title ~ '\S' and char_length(title) <= 1000),
    context text not null default '',
    options jsonb not null default '[]' constraint decisions_options_list check (jsonb_typeof(options) = 'array'),
    decision_type decision_type not null default 'pending',
    status decision_status not null default 'open',
    rationale text,
    decided_by text,
    decided_at timestamptz
    constraint decisions_decided_at_range check (decided_at >= '0001-01-02' and decided_at < '9999-12-31'),
    due_at timestamptz
    constraint decisions_due_at_range check (due_at >= '0001-01-02' and due_at < '9999-12-31'),
    escalation_note text,
    superseded_by uuid constraint decisions_superseded_by_known references decisions,
    labels text [] not null default '{}',
    detail jsonb not null default '{}' constraint decisions_detail_object check (jsonb_typeof(detail) = 'object'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    constraint decisions_about_something check (num_nonnulls(topic, workplan) > 0),
    constraint decisions_made_with_rationale check (
        decision_type <> 'made' or (rationale ~ '\S' and decided_by ~ '\S' and decided_at is not null) is true
    ),
    constraint decisions_status_fits_type check (
        status = 'superseded' or (decision_type = 'made') = (status = 'resolved')
    )
);
comment on table decisions is 'What was asked and what was answered.';
comment on constraint decisions_decided_at_range on decisions is 'decided_at: takes the years 1 to 9999';
comment on constraint decisions_due_at_range on decisions is 'due_at: takes the years 1 to 9999';
comment on constraint decisions_code_form on decisions is
'code: takes letters, digits, dot, dash and underscore, at most 100, the first a letter or digit, and must not look like an id';
comment on constraint decisions_topic_known on decisions is 'topic: does not exist; GET /topics lists them';
comment on constraint decisions_workplan_known on decisions is 'workplan: does not exist; GET /workplans lists them';
comment on constraint decisions_superseded_by_known on decisions is 'superseded_by: no such decision';
comment on constraint decisions_title_given on decisions is 'title: must have 1 to 1,000 characters, not only spaces';
comment on constraint decisions_options_list on decisions is 'options: must be a JSON list';
comment on constraint decisions_detail_object on decisions is 'detail: must be a JSON object';
comment on constraint decisions_about_something on decisions is 'topic: a decision needs a topic, a workplan, or both';
comment on constraint decisions_made_with_rationale on decisions is
'rationale: a decision that is made needs rationale and decided_by';
comment on constraint decisions_status_fits_type on decisions is
'status: a pending decision is open or escalated, a made one resolved; either may be superseded';
create unique index if not exists decisions_code_taken on decisions (lower(code));
comment on index decisions_code_taken is 'code: is taken by another decision';
create index if not exists decisions_blocking on decisions (status desc, due_at, code)
where decision_type = 'pending' and status in ('open', 'escalated');
create index if not exists decisions_workplan on decisions (workplan) where workplan is not null;
create index if not exists decisions_topic on decisions (topic) where topic is not null;

create table if not exists escalation_keywords (
    keyword text primary key constraint escalation_keywords_form check (keyword ~ '^[[:alpha:]][[:alpha:] -]*$'),
    kind keyword_kind not null
);
comment on table escalation_keywords is
'A pending decision whose title or context has one of these, as a whole word, any case, plural too, is escalated.';
