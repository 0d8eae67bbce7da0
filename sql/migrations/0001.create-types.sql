-- The vocabularies: the one place where they are written. Python, OpenAPI, MCP and the dashboard are tested against it.
-- Adding a value is one migration: alter type … add value.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

do $$
declare
    known record;
begin
    for known in values
        ('topic_status', '{active,paused,archived}'::text []),
        ('repo_status', '{active,archived}'::text []),
        ('repo_category', '{experimental,research,project,tooling,product,business}'::text []),
        ('workplan_status', '{proposed,ready,active,blocked,backlog,finished,archived}'::text []),
        ('task_status', '{wait,todo,progress,done,cancel}'::text []),
        ('decision_type', '{pending,made}'::text []),
        ('decision_status', '{open,resolved,escalated,superseded}'::text []),
        ('author_kind', '{human,agent,system}'::text []),
        (
            'event_type',
            '{note,milestone,created,changed,status,claim,release,takeover,decision,import,sync,registration}'::text []
        ),
        ('keyword_kind', '{financial,legal}'::text []),
        ('legacy_kind', '{rest,mcp,cli}'::text [])
    loop
        if to_regtype('statehub.' || known.column1) is null then
            execute format('create type %I as enum (%s)', known.column1, (
                select string_agg(quote_literal(v), ', ' order by n) from unnest(known.column2) with ordinality as u (v, n)
            ));
        end if;
    end loop;
end
$$;

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
