"""What repeatable-read readers see while writers write, roll back and move rows, and two folders fold."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import pytest

from tests.sql.world import (
    API,
    OWNER,
    REPEATABLE_READ,
    Connection,
    Database,
    column,
    make_plan,
    make_repo,
    make_task,
    table_revisions,
    temporary_database,
    value,
    wait_until,
)

SECONDS = 2.5
STEPS = 30
STATUSES = ["wait", "todo", "progress", "done", "cancel"]
CONTENT = """
    select md5(concat(
        (select string_agg(t::text, ',' order by id) from tasks as t),
        (select string_agg(w::text, ',' order by id) from workplans as w)
    )), (select count(*) from progress_events)
"""


@dataclass(frozen=True)
class Seen:
    """One read: revision of each table, content, and the totals that were wrong."""

    revisions: dict[str, int]
    content: str
    events: int
    wrong: list[Any]


def write(connection: Connection, number: int) -> None:
    """One random transaction; half of them take part of it back, or all."""
    plans = column(connection, "select id from workplans order by code")
    rng = random.Random(number)  # noqa: S311
    task = value(connection, "select id from tasks order by id offset %s limit 1", rng.randrange(10))
    with connection.transaction(force_rollback=rng.random() < 0.2):
        connection.execute("update tasks set status = %s where id = %s", [rng.choice(STATUSES), task])
        with connection.transaction(force_rollback=rng.random() < 0.3):
            make_task(connection, rng.choice(plans), code=f"BY-{number}", status=rng.choice(STATUSES))
        if rng.random() < 0.3:
            connection.execute("update tasks set workplan = %s where id = %s", [rng.choice(plans), task])


def fold(connection: Connection, number: int) -> None:
    connection.execute("select fold(), settle()")


def read(connection: Connection, number: int) -> Seen:
    """The first statement labels the snapshot."""
    with connection.transaction():
        revisions = table_revisions(connection)
        row = connection.execute(CONTENT).fetchone()
        assert row
        return Seen(revisions, row[0], row[1], connection.execute("select * from verify_totals()").fetchall())


@pytest.fixture(scope="module")
def run(server: str, template: str) -> Iterator[tuple[list[list[Seen]], Database]]:
    """Three writers, two folders, two readers for a while; what each reader saw, in order."""
    with temporary_database(server, template) as database:
        with closing(database.connect()) as owner:
            plans = [make_plan(owner, repo=make_repo(owner, slug)) for slug in ("alpha", "beta")]
            for number in range(10):
                make_task(owner, plans[number % 2])
        stop = threading.Event()

        def loop(options: str, step: Callable[[Connection, int], Any], first: int, found: list[Any]) -> None:
            with closing(database.connect(options)) as connection:
                if step is read:
                    connection.isolation_level = REPEATABLE_READ
                for number in count(first):
                    found.append(step(connection, number))
                    if stop.is_set():
                        return

        runs: list[tuple[str, Callable[[Connection, int], Any], int]]
        runs = [(API, write, 1_000_000 * number) for number in range(3)]
        runs += [(OWNER, fold, 0), (OWNER, fold, 0), (OWNER, read, 0), (OWNER, read, 0)]
        found: list[list[Any]] = [[] for _ in runs]
        deadline = time.monotonic() + SECONDS
        with ThreadPoolExecutor(len(runs)) as pool:
            futures = [pool.submit(loop, *run, steps) for run, steps in zip(runs, found, strict=True)]
            try:
                wait_until(
                    lambda: (
                        any(future.done() for future in futures)
                        or (time.monotonic() > deadline and min(map(len, found)) > STEPS)
                    ),
                    "everybody had some turns",
                )
            finally:
                stop.set()
            for future in futures:
                future.result()
        yield found[-2:], database


def test_no_reader_sees_a_wrong_total(run: tuple[list[list[Seen]], Database]) -> None:
    reads = [seen for reader in run[0] for seen in reader]
    assert len(reads) > 2 * STEPS
    assert [seen.wrong for seen in reads if seen.wrong] == []


def test_no_reader_sees_a_revision_go_back(run: tuple[list[list[Seen]], Database]) -> None:
    for reader in run[0]:
        for earlier, later in pairwise(reader):
            assert all(later.revisions[table] >= revision for table, revision in earlier.revisions.items())


def test_equal_revisions_mean_equal_content(run: tuple[list[list[Seen]], Database]) -> None:
    contents: dict[tuple[int, int], set[str]] = {}
    events: dict[int, set[int]] = {}
    for seen in (seen for reader in run[0] for seen in reader):
        core = (seen.revisions["tasks"], seen.revisions["workplans"])
        contents.setdefault(core, set()).add(seen.content)
        events.setdefault(seen.revisions["progress_events"], set()).add(seen.events)
    assert len(contents) > 20
    assert all(len(found) == 1 for found in contents.values())
    assert all(len(found) == 1 for found in events.values())


def test_the_totals_are_right_when_all_is_quiet(run: tuple[list[list[Seen]], Database]) -> None:
    with closing(run[1].connect()) as owner:
        owner.execute("select fold()")
        assert owner.execute("select * from verify_totals()").fetchall() == []
        counted = "select sum(n) from current_totals where tbl = 'tasks'"
        assert value(owner, counted) == value(owner, "select count(*) from tasks")
