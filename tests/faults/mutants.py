"""The app with one part made wrong, by name; and with a delay between label and data, so that races come true."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from statehub import app
from statehub.cache import SectionCache
from statehub.listener import Listener
from statehub.queries import queries
from statehub.store import Store

DELAY_S = 0.008


class Slow:
    """A connection that takes its time after the label was read."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def fetchrow(self, query: str, *args: Any, **kwargs: Any) -> Any:
        found = await self.inner.fetchrow(query, *args, **kwargs)
        if query == queries()["get_revisions"] and self.inner.is_in_transaction():
            await asyncio.sleep(DELAY_S)
        return found


class SlowStore(Store):
    """The store as it is, with the delay."""

    wrapper: Callable[[Any], Any] = Slow

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        async with super()._connection() as connection:
            yield type(self).wrapper(connection)


class Committed(Slow):
    """READ COMMITTED: each statement has a snapshot of its own."""

    def transaction(self, **_: Any) -> Any:
        return self.inner.transaction(isolation="read_committed")


class ReadCommitted(SlowStore):
    wrapper = Committed


class Joining(SectionCache):
    """Joins the build that runs."""

    def invalidate(self) -> int:
        wanted = self.started if self.started > self.done else self.started + 1
        self.want = max(self.want, wanted)
        self._work.set()
        return wanted


class TwoSteps(SlowStore):
    """A fold in two transactions."""

    async def tend(self) -> None:
        async with self._connection() as connection:
            await connection.execute("set role statehub_owner")
            gone = await connection.fetch("delete from ledger returning tbl, scope, key, n")
            await asyncio.sleep(DELAY_S)
            await connection.execute("create temporary table if not exists gone (like ledger)")
            await connection.executemany(
                "insert into gone values ($1, $2, $3, $4)", [tuple(row.values()) for row in gone]
            )
            await connection.execute(_FOLD_GONE)
            await connection.execute("set role statehub_api")


_FOLD_GONE = """
    update revisions as r set base = r.base + g.n
    from (select tbl, count(*) as n from gone group by tbl) as g where r.tbl = g.tbl;
    insert into totals (tbl, key, n) select tbl, key, sum(n) from gone where key is not null group by tbl, key
    on conflict (tbl, key) do update set n = totals.n + excluded.n;
    insert into workplan_totals (workplan, key, n) select scope, key, sum(n) from gone where scope is not null
    group by scope, key on conflict (workplan, key) do update set n = workplan_totals.n + excluded.n;
    truncate gone;
"""


async def never_poll(*_: Any) -> None:
    """No poll."""
    await asyncio.Event().wait()


def deaf_to_resync(connect: Any, on_change: Any, _on_resync: Any, **kwargs: Any) -> Listener:
    """No resync after a reconnect."""
    return Listener(connect, on_change, lambda: None, **kwargs)


Mutation = Callable[[pytest.MonkeyPatch], None]


def _replace(where: Any, name: str, part: Any) -> Mutation:
    return lambda patch: patch.setattr(where, name, part)


# what is made wrong, and what it is found guilty of
MUTANTS: dict[str, tuple[Mutation, str]] = {
    "read committed instead of repeatable read": (
        _replace(app, "Store", ReadCommitted),
        "is not what the database held|two contents",
    ),
    "a caller joins the build that runs": (
        _replace(app, "SectionCache", Joining),
        "who asked for a refresh was not shown|who wrote it was not shown",
    ),
    "no poll": (_replace(app, "poll", never_poll), "a silent write was not shown"),
    "no resync after a reconnect": (
        _replace(app, "Listener", deaf_to_resync),
        "a write during a reconnect was not shown",
    ),
    "a fold in two transactions": (
        _replace(app, "Store", TwoSteps),
        "went back|two contents|is not what the database held",
    ),
}


def slow_down(patch: pytest.MonkeyPatch) -> None:
    """The app as it is, but slower where races are."""
    patch.setattr(app, "Store", SlowStore)
