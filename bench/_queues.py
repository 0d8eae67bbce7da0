"""For claims: the hub with a million tasks, the bare queues it is measured against, and SQLite's."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from _common import connect
from rebuild_cost import bare

# Ready tasks lie scattered among done ones, in 50 plans of 10 repositories. The last repository has the same in every
# database: 20 plans with 20 ready tasks and 20 that wait for one of them, each.
LOAD = """
create function pg_temp.id(text, bigint) returns uuid language sql immutable return md5($1 || $2)::uuid;
insert into managed_repos (id, slug, name, domain)
select pg_temp.id('repo', n), 'repo-' || n, 'Repository ' || n, 'infotech' from generate_series(0, 10) as n;

insert into workplans (id, code, repo, title, status, priority)
select
    pg_temp.id('plan', n), 'PLAN-' || lpad(n::text, 8, '0'), pg_temp.id('repo', n % 10),
    'What has to be done, part ' || n,
    case when n < 50 then 'active' else 'finished' end::workplan_status, n % 5
from generate_series(0, greatest({tasks} / 20, 50) - 1) as n
union all
select
    pg_temp.id('one plan', n), 'ONE-' || lpad(n::text, 8, '0'), pg_temp.id('repo', 10),
    'One repository, part ' || n, 'active', 2
from generate_series(0, 19) as n;

insert into tasks (id, code, workplan, repo, title, status, priority, position, queued)
select
    pg_temp.id('task', n), 'TASK-' || lpad(n::text, 8, '0'), pg_temp.id('plan', p), pg_temp.id('repo', p % 10),
    'One step of the work, with a title as people write them ' || n,
    (case when ready then 'todo' else 'done' end)::task_status,
    n / {step} % 5, n / 20 % 20, ready
from generate_series(0, {tasks} - 1) as n
cross join lateral (select n % {step} = 0 and n / {step} < {ready} as ready) as r
cross join lateral (select case when ready then n / {step} % 50 else greatest(n / 20, 50) end as p) as o
union all
select
    pg_temp.id('one task', n), 'ONE-T' || lpad(n::text, 8, '0'), pg_temp.id('one plan', n % 20), pg_temp.id('repo', 10),
    'A step of the one repository ' || n, 'todo', n % 5, n % 7, n < 400
from generate_series(0, 799) as n;

insert into task_dependencies (task, depends_on)
select pg_temp.id('one task', n + 400), pg_temp.id('one task', n) from generate_series(0, 399) as n;
"""
BARE = ("bare_notify", "bare_quiet")
MAKE_BARE = """
create table {0} (like tasks including all);
insert into {0} select * from tasks;
grant select, update on {0} to statehub_api;
"""
TAKE_BARE = """
with taken as (
    update {0} set status = 'progress', queued = false, updated_at = clock_timestamp(), version = version + 1
    where id = (
        select id from {0} where queued order by priority, due_at, position, code limit 1 for update skip locked
    )
    returning id
)
select id{1} from taken
"""
CLAIM = "select id from claim_task($1)"
STATEMENTS = {
    "claim": CLAIM,
    "bare_notify": TAKE_BARE.format("bare_notify", ", pg_notify('statehub', 'core')"),
    "bare_quiet": TAKE_BARE.format("bare_quiet", ""),
}
PUT_BACK = "update {0} set status = 'todo', queued = true where status = 'progress'"


def load(url: str, tasks: int, ready: int) -> None:
    """Fill a database: so many tasks, so many of them ready, and the one repository that every database has."""
    with closing(connect(url, "-c search_path=statehub -c maintenance_work_mem=512MB")) as admin:
        with bare(admin):
            for statement in LOAD.format(tasks=tasks, ready=ready, step=tasks // ready).split(";\n"):
                admin.execute(statement)
        admin.execute("select rebuild_totals()")
        while admin.execute("select exists (select from unsettled)").fetchone() == (True,):
            admin.execute("select settle()")
        admin.execute("vacuum analyze")
        wrong = "select count(*) from tasks as t where queued <> task_is_ready(t.status, t.workplan, t.id)"
        assert admin.execute(wrong).fetchone() == (0,)


def make_bare(url: str) -> None:
    """The bare queues: tables equal to tasks, with its rows, indexes and checks, but no trigger and no foreign key."""
    with closing(connect(url)) as owner, closing(connect(url, "")) as admin:
        for table in BARE:
            owner.execute(MAKE_BARE.format(table))
            owner.execute(f"vacuum analyze {table}")
        admin.execute("checkpoint")


def put_back(url: str) -> None:
    """What was claimed is ready again, and what that left behind is folded."""
    with closing(connect(url, "-c search_path=statehub -c session_replication_role=replica")) as admin:
        for table in ("tasks", *BARE):
            admin.execute(PUT_BACK.format(table))
        admin.execute("delete from task_claims")
        # triggers fire always: the queue is settled before the race, as that of a hub is
        while admin.execute("select exists (select from unsettled)").fetchone() == (True,):
            admin.execute("select settle()")
        admin.execute("select fold()")
        admin.execute("vacuum unsettled, task_claims")  # no hub deletes a claim


class Sqlite:
    """A queue as people build it in SQLite: a file, WAL, `BEGIN IMMEDIATE`, each commit flushed."""

    def __init__(self, path: Path, tasks: int, ready: int) -> None:
        self.path, self.step = path, tasks // ready
        with closing(self.connect()) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("begin")
            connection.execute(
                "create table tasks (id integer primary key, code text, title text, status text, priority int,"
                " due_at text, position int, claimed_by text, lease_expires_at text)"
            )
            connection.executemany(
                "insert into tasks values (?, ?, ?, ?, ?, null, ?, null, null)",
                (
                    (n, f"TASK-{n:08}", f"One step of the work {n}", "done" if n % self.step else "todo", n % 5, n % 20)
                    for n in range(tasks)
                ),
            )
            connection.execute("create index queue on tasks (priority, due_at, position, code) where status = 'todo'")
            connection.execute("commit")

    def connect(self) -> sqlite3.Connection:
        """A connection that waits for its turn."""
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        connection.execute("pragma synchronous = full")
        return connection

    def claims(self, claimers: int, seconds: float) -> float:
        """Claims a second of so many claimers, a thread each: SQLite leaves Python's lock while it works and waits."""
        stop, counts = time.perf_counter() + seconds, [0] * claimers

        def claim(number: int) -> None:
            with closing(self.connect()) as connection:
                while time.perf_counter() < stop:
                    connection.execute("begin immediate")
                    (task,) = connection.execute(
                        "select id from tasks where status = 'todo' order by priority, due_at, position, code limit 1"
                    ).fetchone()
                    connection.execute(
                        "update tasks set status = 'progress', claimed_by = ?, lease_expires_at = 'soon' where id = ?",
                        [f"agent-{number}", task],
                    )
                    connection.execute("commit")
                    counts[number] += 1

        threads = [threading.Thread(target=claim, args=[n]) for n in range(claimers)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.perf_counter() - began)

    def put_back(self) -> None:
        """What was claimed is ready again."""
        with closing(self.connect()) as connection:
            connection.execute("update tasks set status = 'todo' where status = 'progress'")
