"""A list of 100,000 rows, read to its end while others write: no row twice, none of the old ones missed."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from statehub import calls
from statehub.client import Client
from tests.conftest import temporary_database
from tests.running import API, Hub, running

ROWS = 100_000


@pytest.fixture(scope="module")
def hub(server: str, template: str) -> Iterator[Hub]:
    """A hub of this module's own: filling it takes a while."""
    with temporary_database(server, template) as database, running(database) as hub:
        yield hub


@pytest.fixture(scope="module")
def long_list(hub: Hub) -> str:
    """A workplan of that many tasks."""
    hub.created("/repos", slug="long", name="Long", domain="infotech")
    code = str(hub.created("/workplans", repo="long", title="Long", status="ready")["code"])
    with closing(hub.database.connect(API)) as connection, connection.transaction():
        connection.execute("select set_config('statehub.bulk', 'on', true)")
        connection.execute(
            "insert into tasks (code, workplan, title, priority)"
            " select 'L-' || n, row_id('workplans', %s), 'Old', n %% 5 from generate_series(1, %s) as n",
            [code, ROWS],
        )
    return code


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "priority"])
def test_no_row_comes_twice_and_none_of_the_old_ones_is_missed(hub: Hub, long_list: str, sort: str) -> None:
    over, written = threading.Event(), [0]

    def write() -> None:
        with closing(hub.database.connect(API)) as connection:
            while not over.is_set():
                connection.execute(
                    "insert into tasks (workplan, title, priority) select row_id('workplans', %s), 'New', n %% 5"
                    " from generate_series(1, 20) as n",
                    [long_list],
                )
                connection.execute(
                    "update tasks set status = 'done' where code = 'L-' || %s", [str(1 + written[0] % ROWS)]
                )
                written[0] += 1

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        seen: list[str] = []
        with Client(hub.url) as client:
            call: Any = calls.tasks.list(workplan=long_list, limit=500, sort=sort, fields="code")
            for row in client.pages(call):
                seen.append(row["code"])
                if len(seen) == 3 * ROWS:
                    break  # writers outrun the reader at the newest end
                if not over.is_set() and len(seen) >= ROWS // 2:
                    over.set()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert written[0] > 0, "nobody wrote meanwhile"
    assert len(seen) == len(set(seen)), "a row came twice"
    assert {f"L-{n}" for n in range(1, ROWS + 1)} <= set(seen), "an old row is missing"
