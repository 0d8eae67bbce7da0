"""The listener on a real PostgreSQL: what it hears, and how it notices that it hears nothing any more."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import pytest

from statehub.listener import CHANNEL, Listener, connector
from tests.conftest import Database
from tests.running import linked

pytestmark = pytest.mark.anyio

CALM_S = 30.0
SHORT_S = 0.3  # no shorter: on a busy machine an echo takes its time
NAME = "statehub listener"


async def until(condition: Callable[[], Any], what: str = "", within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.002)


@dataclass
class Heard:
    """A listener, and what it has called."""

    listener: Listener = field(init=False)
    changes: list[str] = field(default_factory=list)
    resyncs: int = 0

    def resync(self) -> None:
        self.resyncs += 1

    @asynccontextmanager
    async def by(self, connect: Callable[[], Any], heartbeat_s: float = CALM_S) -> AsyncIterator["Heard"]:
        self.listener = Listener(connect, self.changes.append, self.resync, heartbeat_s=heartbeat_s)
        task = asyncio.create_task(self.listener.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert not self.listener.is_up


def notify(database: Database, payload: str) -> None:
    database.value("select pg_notify(%s, %s)", CHANNEL, payload)


def backends(database: Database) -> list[int]:
    query = "select array_agg(pid) from pg_stat_activity where datname = current_database() and application_name = %s"
    return database.value(query, NAME, options="") or []


async def test_it_tells_of_each_notification_by_its_section(database: Database) -> None:
    async with Heard().by(connector(database.url)) as heard:
        await until(lambda: heard.listener.is_up)
        for section in ("core", "progress", "core"):
            notify(database, section)
        await until(lambda: len(heard.changes) == 3)
        assert heard.changes == ["core", "progress", "core"]


async def test_a_write_to_a_watched_table_is_told_of_once_a_section(database: Database) -> None:
    async with Heard().by(connector(database.url)) as heard:
        await until(lambda: heard.listener.is_up)
        with closing(database.connect()) as connection, connection.transaction():
            for number in range(10):
                connection.execute("update topics set title = %s", [f"t{number}"])
        await until(lambda: len(heard.changes) >= 2)
        notify(database, "end")
        await until(lambda: "end" in heard.changes)
        assert sorted(heard.changes[:-1]) == ["core", "progress"]


async def test_its_own_heartbeat_and_that_of_others_are_no_changes(database: Database) -> None:
    async with (
        Heard().by(connector(database.url), SHORT_S) as one,
        Heard().by(connector(database.url), SHORT_S) as two,
    ):
        await until(lambda: one.listener.is_up and two.listener.is_up)
        first = one.listener._nonce, two.listener._nonce
        await until(lambda: one.listener._nonce != first[0] and two.listener._nonce != first[1], "another heartbeat")
        await until_heard(database, one)
        await until_heard(database, two)
        assert set(one.changes) == set(two.changes) == {"heard"}


async def test_it_resyncs_once_it_listens_and_not_before(database: Database) -> None:
    notify(database, "before")
    async with Heard().by(connector(database.url)) as heard:
        assert heard.resyncs == 0
        await until(lambda: heard.resyncs == 1)
        assert heard.listener.is_up
        assert heard.changes == []


async def test_it_has_one_connection_of_its_own_and_no_transaction(database: Database) -> None:
    async with Heard().by(connector(database.url)) as heard:
        await until(lambda: heard.listener.is_up)
        query = "select count(*), max(xact_start) from pg_stat_activity where application_name = %s and datname = %s"
        with closing(database.connect(options="")) as connection:
            found = connection.execute(query, [NAME, connection.info.dbname]).fetchone()
        assert found == (1, None)
    await until(lambda: backends(database) == [], "it leaves nothing behind")


async def test_when_its_backend_is_killed_it_listens_again_and_resyncs(database: Database) -> None:
    async with Heard().by(connector(database.url)) as heard:

        def has_resynced(times: int) -> bool:
            return heard.resyncs == times

        def is_gone(backend: int) -> bool:
            return backend not in backends(database)

        for times in range(1, 4):
            await until(partial(has_resynced, times))
            [backend] = backends(database)
            database.value("select pg_terminate_backend(%s)", backend, options="")
            await until(partial(is_gone, backend))
        await until(lambda: heard.resyncs == 4)
        notify(database, "core")
        await until(lambda: heard.changes == ["core"])
        assert heard.listener.reconnects == 3


async def test_a_connection_that_is_open_and_carries_nothing_is_found_by_the_heartbeat(database: Database) -> None:
    with linked(database) as link:
        async with Heard().by(connector(link.url), SHORT_S) as heard:
            await until(lambda: heard.listener.is_up)
            link.freeze()
            notify(database, "lost")
            resyncs = heard.resyncs
            await until(lambda: heard.resyncs > resyncs, "it connects anew")
            await until_heard(database, heard)
            assert "lost" not in heard.changes


async def until_heard(database: Database, heard: Heard) -> None:
    """Notify until it is told of."""

    def told() -> bool:
        notify(database, "heard")
        return "heard" in heard.changes

    await until(told, "a notification")


class Deaf(asyncpg.Connection):  # type: ignore[misc]
    """As through a pooler that accepts LISTEN and delivers nothing."""

    async def add_listener(self, channel: str, callback: Any) -> None:
        await super().add_listener(channel, callback)
        await self.execute("unlisten *")


async def test_a_listen_that_is_swallowed_is_never_taken_for_listening(database: Database) -> None:
    classes = [Deaf, Deaf, asyncpg.Connection]

    async def connect() -> Any:
        return await asyncpg.connect(database.url, connection_class=classes[0])

    async with Heard().by(connect, SHORT_S) as heard:
        await until(lambda: heard.listener.reconnects >= 2, "it tries again")
        assert heard.resyncs == 0
        assert not heard.listener.is_up
        classes[:] = [asyncpg.Connection]
        await until(lambda: heard.resyncs >= 1)


async def test_a_listen_that_is_lost_later_is_found_by_the_heartbeat(database: Database) -> None:
    connections = []

    async def connect() -> Any:
        connections.append(await asyncpg.connect(database.url))
        return connections[-1]

    async with Heard().by(connect, SHORT_S) as heard:
        await until(lambda: heard.resyncs >= 1)
        resyncs = heard.resyncs
        with suppress(asyncpg.InterfaceError):  # its heartbeat is on the way: the next connection will do
            await connections[-1].execute("unlisten *")
        await until(lambda: heard.resyncs > resyncs, "it connects anew")
        await until_heard(database, heard)


async def test_while_the_database_is_away_it_tries_again_ever_more_slowly(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("statehub.listener.LAST_RETRY_S", 0.02)
    with linked(database) as link:
        async with Heard().by(connector(link.url)) as heard:
            await until(lambda: heard.resyncs == 1)
            caplog.clear()
            link.refuse()
            await until(lambda: not heard.listener.is_up)
            await until(lambda: heard.listener.reconnects >= 20)
            assert len(caplog.records) == 1, "one line, and not one for each attempt"
            link.accept()
            await until(lambda: heard.resyncs == 2)


@pytest.mark.parametrize("attempts", [3, 2000])
async def test_retries_wait_longer_each_time_up_to_a_limit(monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    waits: list[float] = []
    enough = asyncio.Event()

    async def refuse() -> Any:
        raise OSError("refused")

    def longest(_low: float, high: float) -> float:
        waits.append(high)
        if len(waits) >= attempts:
            enough.set()
        return 0.0

    monkeypatch.setattr("statehub.listener._jitter.uniform", longest)
    async with Heard().by(refuse):
        await asyncio.wait_for(enough.wait(), 10)
    assert waits[:3] == [0.1, 0.2, 0.4]
    assert max(waits) <= 5.0


async def test_it_ends_when_it_is_cancelled_while_it_connects() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    async with Heard().by(never) as heard:
        await asyncio.sleep(0)
        assert not heard.listener.is_up
