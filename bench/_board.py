"""For dashboard: a hub with 10,000 workplans and 100,000 tasks, and what a page of the dashboard has to show of it."""

from contextlib import closing

from _common import connect
from rebuild_cost import bare

# A fifth of the plans is open, scattered among the others; 50 repositories, and 30 days of events.
PLANS, TASKS, EVENTS = 10_000, 100_000, 100_000
LOAD = """
create function pg_temp.id(text, bigint) returns uuid language sql immutable return md5($1 || $2)::uuid;
create function pg_temp.topic(bigint) returns uuid language sql stable return (
    select id from topics order by slug offset $1 % 6 limit 1
);
insert into managed_repos (id, slug, name, domain)
select pg_temp.id('repo', n), 'repo-' || n, 'Repository ' || n, 'infotech' from generate_series(0, 49) as n;

insert into workplans (id, code, repo, topic, title, owner, status, priority, due_at, updated_at)
select
    pg_temp.id('plan', n), 'REPO-' || n % 50 || '-WP-' || lpad((n / 50)::text, 4, '0'), pg_temp.id('repo', n % 50),
    pg_temp.topic(n), 'What has to be done for part ' || n, 'agent-' || n % 7,
    case
        when n / 50 % 5 > 0 then 'finished'
        else (array['active', 'active', 'ready', 'blocked', 'backlog'])[1 + n / 250 % 5]
    end::workplan_status,
    n % 5, case when n % 3 = 0 then now() + (n - 400) * interval '1 hour' end, now() - n * interval '5 minutes'
from generate_series(0, {plans} - 1) as n;

insert into tasks (id, code, workplan, repo, title, status, priority, assignee, waiting_on, position, queued)
select
    pg_temp.id('task', n), w.code || '-T' || n % {step}, w.id, w.repo,
    'One step of the work, with a title as people write them ' || n, s::task_status, n % 5, 'agent-' || n % 7,
    case s when 'wait' then 'an answer from the owner' end, n % {step}, s = 'todo' and w.status in ('active', 'ready')
from generate_series(0, {tasks} - 1) as n
inner join workplans as w on w.id = pg_temp.id('plan', n / {step})
cross join lateral (
    select case
        when w.status = 'finished' then 'done'
        else (array['done', 'done', 'wait', 'todo', 'todo', 'progress'])[1 + n % 6]
    end as s
) as o;

insert into decisions (id, code, workplan, title, decision_type, status, rationale, decided_by, decided_at, due_at)
select
    pg_temp.id('decision', n), 'DEC-' || lpad(n::text, 8, '0'), pg_temp.id('plan', n),
    'Which way to go at the fork ' || n, (case when n < 30 then 'pending' else 'made' end)::decision_type,
    (case when n < 5 then 'escalated' when n < 30 then 'open' else 'resolved' end)::decision_status,
    case when n >= 30 then 'it is simpler' end, case when n >= 30 then 'owner' end,
    case when n >= 30 then now() - n * interval '2 hours' end,
    case when n < 30 then now() + (n - 5) * interval '1 day' end
from generate_series(0, 1029) as n;

insert into progress_events (event_type, summary, author, author_kind, repo, workplan, task, occurred_at)
select
    'status', 'Task ' || n || ': todo → done', 'agent-' || n % 7, 'agent', pg_temp.id('repo', n / {step} % 50),
    pg_temp.id('plan', n / {step}), pg_temp.id('task', n), now() - n * interval '25 s'
from generate_series(0, {events} - 1) as n;
"""


def load(url: str) -> None:
    """Fill a database, and leave it as a hub that has lived for long: counted, and vacuumed."""
    with closing(connect(url, "-c search_path=statehub")) as admin:
        with bare(admin):
            for statement in LOAD.format(plans=PLANS, tasks=TASKS, events=EVENTS, step=TASKS // PLANS).split(";\n"):
                admin.execute(statement)
        admin.execute("select rebuild_totals()")
        while admin.execute("select exists (select from unsettled)").fetchone() == (True,):
            admin.execute("select settle()")
        admin.execute("vacuum analyze")
        assert not admin.execute("select * from verify_totals()").fetchall()
