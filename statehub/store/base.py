"""Connections, and how a write is done: again where others were first, once where it has a key."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from statehub import sqlstates
from statehub.errors import Unavailable
from statehub.queries import queries
from statehub.tokens import Cut, Token

T = TypeVar("T")
_jitter = random.Random()  # noqa: S311  (one of its own: the process's may be seeded by others)
STATEMENT_TIMEOUT_S = 10
ACQUIRE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
TRIES = 3


@dataclass(frozen=True)
class Once:
    """An Idempotency-Key, and the fingerprint of the request that it came with."""

    key: str
    fingerprint: str


@dataclass(frozen=True)
class Writer:
    """Who writes: name, kind (human, agent, system), and the key under which this write is done once."""

    author: str
    kind: str
    once: Once | None = None


@dataclass(frozen=True)
class Written:
    """A written row as JSON, its version (none for an event), short name, the token that includes the write; and for a
    write that may do either, whether it made the row."""

    body: bytes
    version: int | None
    name: str | None
    token: str
    created: bool = False


class _Nothing(Exception):
    """Nothing was written, so nothing is kept for an Idempotency-Key either."""


async def _as_it_is(_connection: object) -> None:
    """Leave a connection as it is."""


def create_pool(url: str, size: int = 10) -> asyncpg.Pool:
    """The app's pool: every connection is `statehub_api` from its first statement. Connects when first used."""
    return asyncpg.create_pool(
        url,
        min_size=0,
        # nothing of ours outlives its transaction, so a released connection needs no round trip to be reset
        reset=_as_it_is,
        max_size=size,
        timeout=ACQUIRE_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S + 1,
        server_settings={
            "role": "statehub_api",
            "search_path": "statehub",
            "timezone": "UTC",
            "jit": "off",
            "application_name": "statehub api",
            "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        },
    )


@dataclass(frozen=True)
class Connected:
    """The database as the app sees it. Every function raises Unavailable when it cannot be reached."""

    pool: asyncpg.Pool
    summary_limit: int = 200

    async def close(self) -> None:
        """Close the pool; connections that do not answer are cut."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self.pool.terminate()

    async def _write(self, query: str, by: Writer, *args: Any, timeout: float | None = None) -> Written:
        async def attempt() -> Written:
            async with self._connection() as connection:
                write = (queries()[query], by.author, by.kind, *args)
                if not (timeout or by.once):  # one statement is a transaction of its own: one round trip
                    return _written(await connection.fetchrow(*write))
                async with connection.transaction():
                    if timeout:
                        await connection.execute(f"set local statement_timeout = '{timeout:.0f}s'")
                    return await _once(connection, by, write, timeout and timeout + 1)

        return await self._again_if_others_were_first(attempt)

    async def _again_if_others_were_first(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat what PostgreSQL asks to repeat: a serialization failure, a deadlock, a void plan."""
        for left in range(TRIES - 1, -1, -1):
            try:
                return await attempt()
            except sqlstates.Repeat as error:
                if not left:
                    raise Unavailable("too many writers at once; try again") from error
                await asyncio.sleep(_jitter.uniform(0, 0.05))
        raise AssertionError

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        async with sqlstates.Translated(self.pool):
            async with asyncio.timeout(ACQUIRE_TIMEOUT_S):  # the pool's own timeout costs a task each time
                connection = await self.pool.acquire()
            try:
                yield connection
            finally:
                await self.pool.release(connection)


def _written(row: asyncpg.Record | None) -> Written:
    if row is None:
        raise _Nothing
    token = Token(row["epoch"], row["core"], row["progress"], Cut.parse(row["snapshot"]), row["xid"])
    return Written(row["body"].encode(), row["version"], row["short_name"], str(token), bool(row.get("created")))


async def _once(connection: Any, by: Writer, write: tuple[Any, ...], timeout: float | None) -> Written:
    """Write, unless the same key has been answered; the answer is kept in the same transaction."""
    if by.once is None:
        return _written(await connection.fetchrow(*write, timeout=timeout))
    former = await connection.fetchrow(queries()["begin_once"], by.author, by.once.key, by.once.fingerprint)
    if former is not None:
        return Written(
            former["body"].encode(), former["version"], former["short_name"], former["token"], bool(former["created"])
        )
    done = _written(await connection.fetchrow(*write, timeout=timeout))
    answer = (done.body.decode(), done.version, done.name, done.token, done.created)
    await connection.execute(queries()["finish_once"], by.author, by.once.key, *answer)
    return done
