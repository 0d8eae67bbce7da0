"""The oracle: what the summary must say at each revision, from plain SQL over the tables.

It asks the database for the label only. Totals are `count(*)`, lists are joins
and sorts: no counter, no function and no view of ours has a part in them.
"""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import psycopg

from tests.conftest import READER, Database

_VOCABULARIES = {
    "topics": ("topics", ("active", "paused", "archived")),
    "workstreams": ("workplans", ("proposed", "ready", "active", "blocked", "backlog", "finished", "archived")),
    "tasks": ("tasks", ("wait", "todo", "progress", "done", "cancel")),
    "decisions": ("decisions", ("open", "resolved", "escalated", "superseded")),
}
_PENDING = "d.decision_type = 'pending' and d.status in ('open', 'escalated')"
_OPEN = "w.status not in ('finished', 'archived')"
_TASKS = """(select json_build_object('done', count(*) filter (where x.status = 'done'), 'total', count(*))
    from tasks as x where x.workplan = w.id)"""


def _totals() -> str:
    parts = []
    for label, (table, statuses) in _VOCABULARIES.items():
        counts = ", ".join(f"'{s}', count(*) filter (where x.status = '{s}')" for s in statuses)
        parts.append(f"'{label}', (select json_build_object({counts}, 'total', count(*)) from {table} as x)")
    return f"json_build_object({', '.join(parts)})"


def _core(limit: int) -> str:
    lists = {
        "topics": f"""
            select t.id, t.slug, t.title, t.domain, t.status, (
                select coalesce(json_agg(s), '[]') from (
                    select w.code, w.title, w.status, {_TASKS} as tasks from workplans as w
                    where w.topic = t.id and {_OPEN} order by w.priority, w.due_at, w.code limit {limit}
                ) as s
            ) as workstreams
            from topics as t where t.status in ('active', 'paused') order by t.status, t.slug limit {limit}""",
        "blocking_decisions": f"""
            select d.code, d.title, t.slug as topic, w.code as workplan, d.status, d.escalation_note, d.due_at,
                d.created_at
            from decisions as d left join topics as t on t.id = d.topic left join workplans as w on w.id = d.workplan
            where {_PENDING} order by d.status desc, d.due_at, d.code limit {limit}""",
        "waiting_tasks": f"""
            select x.code, x.title, w.code as workplan, r.slug as repo, x.priority, x.assignee, x.waiting_on,
                x.updated_at
            from tasks as x join workplans as w on w.id = x.workplan join managed_repos as r on r.id = w.repo
            where x.status = 'wait' order by x.priority, x.updated_at, x.code limit {limit}""",
        "open_workstreams": f"""
            select w.code, w.title, w.status, {_TASKS} as tasks, r.slug as repo, t.slug as topic, r.domain, w.owner,
                w.priority, w.due_at
            from workplans as w join managed_repos as r on r.id = w.repo left join topics as t on t.id = w.topic
            where {_OPEN} order by w.priority, w.due_at, w.code limit {limit}""",
    }
    sizes = f"""
        select 'topics' as list, count(*) as n from topics as t where t.status in ('active', 'paused')
        union all select 'blocking_decisions', count(*) from decisions as d where {_PENDING}
        union all select 'waiting_tasks', count(*) from tasks as x where x.status = 'wait'
        union all select 'open_workstreams', count(*) from workplans as w where {_OPEN}"""
    parts = ["'totals'", _totals()]
    for name, query in lists.items():
        parts += [f"'{name}'", f"(select coalesce(json_agg(q), '[]') from ({query}) as q)"]
    cut = f"(select coalesce(json_object_agg(z.list, z.n) filter (where z.n > {limit}), '{{}}') from ({sizes}) as z)"
    return f"select json_build_object({', '.join([*parts, chr(39) + 'truncated' + chr(39), cut])})::text"


_PROGRESS = """
    select coalesce(json_agg(q), '[]')::text from (
        select e.id, e.event_type, e.summary, e.author, e.author_kind, r.slug as repo, t.slug as topic,
            w.code as workplan, x.code as task, d.code as decision, e.created_at, e.occurred_at
        from progress_events as e left join managed_repos as r on r.id = e.repo left join topics as t on t.id = e.topic
        left join workplans as w on w.id = e.workplan left join tasks as x on x.id = e.task
        left join decisions as d on d.id = e.decision
        order by e.occurred_at desc, e.id desc limit 20
    ) as q"""


def comparable_core(served: Mapping[str, Any]) -> dict[str, Any]:
    """A served core as the oracle tells it: of lists that were cut, the length."""
    truncated = {name: told["total"] for name, told in served["truncated"].items() if "/" not in name}
    return {**served, "truncated": truncated}


class Oracle(threading.Thread):
    """Notes, again and again, what the database holds at the revision that it is at."""

    def __init__(self, database: Database, limit: int) -> None:
        super().__init__(name="oracle", daemon=True)
        self.database = database
        self.core: dict[tuple[str, int], str] = {}
        self.progress: dict[tuple[str, int], str] = {}
        self.violations: list[str] = []
        self.looks = 0
        self._core_query = _core(limit)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                with closing(self.database.connect(READER + " -c timezone=UTC -c jit=off")) as connection:
                    while not self._over.is_set():
                        self.look(connection)
                        time.sleep(0.002)
            except psycopg.OperationalError:  # the database is away
                time.sleep(0.02)

    def look(self, connection: psycopg.Connection[Any]) -> None:
        """One cut: its label, and the content that is not known yet; now and then what is known already."""
        self.looks += 1
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            label = connection.execute("select epoch, core, progress from revisions()").fetchone()
            assert label
            epoch, core, progress = label
            for known, revision, query in (
                (self.core, core, self._core_query),
                (self.progress, progress, _PROGRESS),
            ):
                key = (epoch, revision)
                if key not in known or self.looks % 16 == 0:
                    row = connection.execute(query.encode()).fetchone()
                    assert row
                    if known.setdefault(key, row[0]) != row[0]:
                        self.violations.append(f"the database holds two contents at revision {revision}")

    def now(self) -> tuple[str, int, int]:
        """The label at this moment, noted with its content."""
        with closing(self.database.connect(READER + " -c timezone=UTC -c jit=off")) as connection:
            self.look(connection)
            row = connection.execute("select epoch, core, progress from revisions()").fetchone()
        assert row
        return row[0], row[1], row[2]

    def core_at(self, key: tuple[str, int]) -> Any:
        """The core at this revision; None when it was not seen there."""
        return None if (text := self.core.get(key)) is None else json.loads(text)

    def progress_at(self, key: tuple[str, int]) -> Any:
        """The last events at this revision; None when it was not seen there."""
        return None if (text := self.progress.get(key)) is None else json.loads(text)

    def stop(self) -> None:
        """No more looks."""
        self._over.set()
        self.join(timeout=15)
