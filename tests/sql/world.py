"""A small world to test in: rows in a line each, and sessions whose waiting can be seen."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, settings
from psycopg import sql

from tests.conftest import API, OWNER, READER, Database, temporary_database

__all__ = ["API", "OWNER", "READER", "Database", "temporary_database"]

Connection = psycopg.Connection[Any]
SUPERUSER = "-c search_path=statehub"
IMPATIENT = "-c role=statehub_owner -c search_path=statehub -c lock_timeout=3s"
READ_COMMITTED = psycopg.IsolationLevel.READ_COMMITTED
REPEATABLE_READ = psycopg.IsolationLevel.REPEATABLE_READ
SERIALIZABLE = psycopg.IsolationLevel.SERIALIZABLE
LEVELS = [READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE]
QUICK = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# what is ready, from the words of the specification
READY = """
    select t.code from tasks as t
    where t.workplan in (select w.id from workplans as w where w.status in ('ready', 'active'))
        and not exists (
            select from workplan_dependencies as d where d.workplan = t.workplan
            and d.depends_on in (select w.id from workplans as w where w.status not in ('finished', 'archived'))
        )
        and not exists (
            select from task_dependencies as d where d.task = t.id
            and d.depends_on in (select b.id from tasks as b where b.status not in ('done', 'cancel'))
        )
        and case
            when t.id in (select c.task from task_claims as c where c.lease_expires_at > clock_timestamp()) then false
            when t.status = 'todo' then true
            else t.status = 'progress' and t.id in (select c.task from task_claims as c where c.claimed_by is not null)
        end
"""


def insert(connection: Connection, table: str, returning: str = "id", **columns: Any) -> Any:
    """Insert one row; the column that `returning` names."""
    statement = sql.SQL("insert into {} ({}) values ({}) returning {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        sql.Identifier(returning),
    )
    return value(connection, statement, *columns.values())


def make_repo(connection: Connection, slug: str = "alpha", **columns: Any) -> UUID:
    """The repository of that slug, made where there is none."""
    if found := value(connection, "select id from managed_repos where slug = %s", slug):
        return UUID(str(found))
    made: UUID = insert(connection, "managed_repos", **{"slug": slug, "name": slug, "domain": "infotech", **columns})
    return made


def make_plan(connection: Connection, **columns: Any) -> UUID:
    """A workplan: ready, of the repository alpha."""
    repo = columns.pop("repo", None) or make_repo(connection)
    made: UUID = insert(connection, "workplans", **{"repo": repo, "title": "A plan", "status": "ready", **columns})
    return made


def make_task(connection: Connection, plan: UUID, **columns: Any) -> UUID:
    """A task of that workplan: todo."""
    made: UUID = insert(connection, "tasks", **{"workplan": plan, "title": "A task", **columns})
    return made


def make_decision(connection: Connection, **columns: Any) -> UUID:
    """A pending decision about the topic platform."""
    topic = value(connection, "select id from topics where slug = 'platform'")
    made: UUID = insert(connection, "decisions", **{"topic": topic, "title": "Which way?", **columns})
    return made


def depend(connection: Connection, waits: UUID, needs: UUID, table: str = "task_dependencies") -> None:
    """Add a dependency."""
    insert(connection, table, "depends_on", **{table.removesuffix("_dependencies"): waits, "depends_on": needs})


def value(connection: Connection, query: Any, *params: Any) -> Any:
    """The first column of the first row."""
    row = connection.execute(query, params or None).fetchone()
    return row[0] if row else None


def column(connection: Connection, query: Any, *params: Any) -> list[Any]:
    """The first column of all rows."""
    return [row[0] for row in connection.execute(query, params or None)]


def table_revisions(connection: Connection) -> dict[str, int]:
    """The revision of each watched table."""
    found: dict[str, int] = value(connection, "select tables from revisions()")
    return found


def wrong_totals(connection: Connection) -> list[Any]:
    """What verify_totals() complains about."""
    return connection.execute("select * from verify_totals()").fetchall()


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 20.0) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


def is_blocked(observer: Connection, session: Connection) -> bool:
    """Whether the session waits for a lock of another one."""
    return bool(value(observer, "select pg_blocking_pids(%s) <> '{}'", session.info.backend_pid))


def wait_until_blocked(observer: Connection, session: Connection) -> None:
    """Return when the session waits for a lock of another one."""
    wait_until(lambda: is_blocked(observer, session), "the session waits for a lock")


def ready(connection: Connection) -> list[str]:
    """The codes of ready_tasks, sorted."""
    return sorted(column(connection, "select code from ready_tasks"))
