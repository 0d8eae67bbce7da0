"""Does the cost of a rebuild follow the history?

Two databases of one server have the same open work (50 plans, 1,000 tasks in them, 200 of those waiting, and
20 pending decisions) and a different history: 10 thousand and 1 million tasks, two events a task, or ten in
the large one with --full. Timed is the app's own build of one section that moved (Store.get_summary): through
asyncpg, a read-only REPEATABLE READ transaction with revisions() and the section's function. The databases
take turns, the first rounds are thrown away; a ratio is the median of the rounds' ratios.

The history is loaded with triggers and indexes off. The open rows lie scattered in it: the dearer case.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from statistics import median
from typing import Any

import psycopg
from _common import connect, make_database, paired_ratio, percentile, report, temporary_server

from statehub.store import Store, create_pool

SMALL, LARGE = 10_000, 1_000_000
ROUNDS, WARM_UP = 200, 20
SECTIONS = ("core", "progress")
Times = dict[tuple[str, str], list[float]]
TABLES = ["managed_repos", "workplans", "tasks", "decisions", "progress_events"]

# Every task_step-th task is open, and every plan_step-th plan. Ids are as random as real ones.
LOAD = """
create function pg_temp.id(text, bigint) returns uuid language sql immutable return md5($1 || $2)::uuid;
create function pg_temp.topic(bigint) returns uuid language sql stable return (
    select id from topics order by slug offset $1 % 6 limit 1
);
insert into managed_repos (id, slug, name, domain)
select pg_temp.id('repo', n), 'repo-' || n, 'Repository ' || n, 'infotech' from generate_series(0, 9) as n;

insert into workplans (id, code, repo, topic, title, owner, status, priority, due_at)
select
    pg_temp.id('plan', n), 'PLAN-' || lpad(n::text, 8, '0'), pg_temp.id('repo', n % 10), pg_temp.topic(k),
    'What has to be done for part ' || k, 'agent-' || k % 7,
    case when n % {plan_step} > 0 then 'finished' when k % 4 = 0 then 'ready' else 'active' end::workplan_status,
    k % 5, now() + k * interval '1 hour'
from generate_series(0, {plans} - 1) as n cross join lateral (values (n / {plan_step})) as o (k);

insert into tasks (id, code, workplan, repo, title, status, priority, assignee, waiting_on, position, queued)
select
    pg_temp.id('task', n), 'TASK-' || lpad(n::text, 8, '0'), pg_temp.id('plan', p), pg_temp.id('repo', p % 10),
    'One step of the work, with a title as people write them ' || n, s::task_status, n % 5, 'agent-' || n % 7,
    case s when 'wait' then 'an answer from the owner' end, n % 20, s = 'todo'
from generate_series(0, {tasks} - 1) as n
cross join lateral (
    select
        case when n % {task_step} > 0 then n / 20 else (n / {task_step}) % 50 * {plan_step} end as p,
        case
            when n % {task_step} > 0 then 'done'
            else (array['wait', 'todo', 'todo', 'todo', 'progress'])[1 + (n / {task_step}) % 5]
        end as s
) as o;

insert into decisions (id, code, workplan, title, decision_type, status, rationale, decided_by, decided_at)
select
    pg_temp.id('decision', n), 'DEC-' || lpad(n::text, 8, '0'), pg_temp.id('plan', n % 50 * {plan_step}),
    'Which way to go at the fork ' || n, (case when n < 20 then 'pending' else 'made' end)::decision_type,
    (case when n < 20 then 'open' else 'resolved' end)::decision_status,
    case when n >= 20 then 'it is simpler' end, case when n >= 20 then 'owner' end,
    case when n >= 20 then now() end
from generate_series(0, 20 + {tasks} / 100 - 1) as n;

insert into progress_events (event_type, summary, author, author_kind, repo, workplan, task, occurred_at)
select
    'status', 'Task ' || n || ': todo → done', 'agent-' || n % 7, 'agent', pg_temp.id('repo', n / 20 % 10),
    pg_temp.id('plan', n / 20), pg_temp.id('task', n), now() - ({events} - e) * interval '1 ms'
from generate_series(0, {events} - 1) as e cross join lateral (values (e / ({events} / {tasks}))) as o (n);
"""
TRIGGERS_ALWAYS = """
select 'alter table ' || tgrelid::regclass || ' enable always trigger ' || quote_ident(tgname) from pg_trigger
where tgrelid = any(%s::regclass[]) and tgenabled = 'A'
"""
PLAIN_INDEXES = """
select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
where indrelid = any(%s::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
"""


def load(url: str, tasks: int, events: int) -> None:
    """Fill a database, and leave it as a hub that has lived for long: counted, vacuumed, every trigger armed."""
    sizes = {"tasks": tasks, "events": events, "task_step": tasks // 1000, "plans": tasks // 20}
    with closing(connect(url, "-c search_path=statehub -c maintenance_work_mem=512MB")) as admin:
        with bare(admin):
            for statement in LOAD.format(**sizes, plan_step=tasks // 1000).split(";\n"):
                admin.execute(statement)
        admin.execute("select rebuild_totals()")
        admin.execute("vacuum analyze")
        admin.execute("checkpoint")
        for view in ("unarmed_triggers", "verify_totals()"):
            assert not admin.execute(f"select * from {view}").fetchall(), view


@contextmanager
def bare(admin: psycopg.Connection[Any]) -> Iterator[None]:
    """Without triggers, foreign keys and indexes for a load; afterwards as they were."""
    always = admin.execute(TRIGGERS_ALWAYS, [TABLES]).fetchall()
    indexes = admin.execute(PLAIN_INDEXES, [TABLES]).fetchall()
    for table in TABLES:
        admin.execute(f"alter table {table} disable trigger all")
    for name, _ in indexes:
        admin.execute(f"drop index {name}")
    yield
    for _, definition in indexes:
        admin.execute(definition)
    for table in TABLES:
        admin.execute(f"alter table {table} enable trigger all")
    for (statement,) in always:
        admin.execute(statement)


async def measure(urls: dict[str, str]) -> tuple[Times, float]:
    """Milliseconds of the builds by section and database, and the size of the large core in kB."""
    stores = {name: Store(await create_pool(url, 1)) for name, url in urls.items()}
    built = {name: await store.get_summary(None) for name, store in stores.items()}
    times: Times = {(section, name): [] for section in SECTIONS for name in urls}
    for turn in range(WARM_UP + ROUNDS):
        for name in list(urls)[:: 1 if turn % 2 else -1]:
            for section in SECTIONS:
                outdated = replace(built[name], revisions={**built[name].revisions, section: -1})
                start = time.perf_counter()
                await stores[name].get_summary(outdated)
                if turn >= WARM_UP:
                    times[section, name].append((time.perf_counter() - start) * 1000)
    for store in stores.values():
        await store.close()
    return times, len(built["large"].sections["core"]) / 1000


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description="Does the cost of a rebuild follow the history?")
    parser.add_argument("--full", action="store_true", help="10 million events instead of 2")
    events = LARGE * (10 if parser.parse_args().full else 2)
    # a load of this size would wait for checkpoints all the time; nothing is written while it is measured
    with temporary_server({"max_wal_size": "8GB"}) as server:
        urls = {name: make_database(server, name) for name in ("small", "large")}
        load(urls["small"], SMALL, SMALL * 2)
        load(urls["large"], LARGE, events)
        times, size = asyncio.run(measure(urls))
    ratios = {s: paired_ratio(times[s, "large"], times[s, "small"]) for s in SECTIONS}
    figures = {"core_kb": size, "events": float(events)}
    rows = []
    for section in SECTIONS:
        row = [section]
        for name in urls:
            middle, high = median(times[section, name]), percentile(times[section, name], 95)
            figures |= {f"{section}_{name}_ms": middle, f"{section}_{name}_p95_ms": high}
            row.append(f"{middle:.2f} ({high:.2f})")
        rows.append([*row, f"{ratios[section]:.2f}"])
    columns = ["ms, median (p95)", f"{SMALL:,} tasks", f"{LARGE:,} tasks, {events:,} events", "ratio"]
    named = {f"{section}_million_vs_ten_thousand": ratio for section, ratio in ratios.items()}
    named = {"million_vs_ten_thousand": max(ratios.values()), **named}
    report("rebuild_cost", "Does the cost of a rebuild follow the history?", columns, rows, named, figures)


if __name__ == "__main__":
    main()
