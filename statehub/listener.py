"""Holds the LISTEN connection: a notification is a hint, and after every reconnect everything may have been missed.

A direct connection of its own, never in a transaction, never from the pool.
Connect, listen, *then* resync, then a heartbeat: it notifies itself and awaits
the echo, since a half-open socket or a pooler that swallows LISTEN looks
healthy otherwise.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

_jitter = random.Random()  # noqa: S311  (one of its own: the process's may be seeded by others)
log = logging.getLogger(__name__)

CHANNEL = "statehub"
ECHO = "echo:"
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0


@dataclass(eq=False)
class Listener:
    """Calls `on_change(section)` for each notification and `on_resync()` after each (re)connect.

    Both are plain functions that set a flag. `connect` opens the connection.
    """

    connect: Callable[[], Any]
    on_change: Callable[[str], None]
    on_resync: Callable[[], object]
    heartbeat_s: float = 5.0
    is_up: bool = False
    reconnects: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    _echo: asyncio.Event = field(default_factory=asyncio.Event)
    _lost: asyncio.Event = field(default_factory=asyncio.Event)
    _nonce: str = ""

    async def run(self) -> None:
        """Listen for ever; returns only when cancelled."""
        failed_in_a_row = 0
        while True:
            connection = None
            try:
                async with asyncio.timeout(self.heartbeat_s):
                    connection = await self.connect()
                    self._lost.clear()
                    connection.add_termination_listener(lambda _: self._lost.set())
                    await connection.add_listener(CHANNEL, self._notified)
                    # the first echo proves that notifications arrive; what came before is caught by the resync
                    await self._beat(connection)
                self.is_up = True
                if failed_in_a_row:
                    log.info("listening again after %d attempts", failed_in_a_row)
                failed_in_a_row = 0
                self.on_resync()
                await self._hold(connection)
            except Exception as error:  # asyncpg raises InternalClientError, OSError, PostgresError and more
                reason = _reason(error, was_up=self.is_up)
                self.reasons[reason] += 1
                if self.is_up or not failed_in_a_row:
                    log.warning("not listening (%s: %s); the poll carries on", reason, error or type(error).__name__)
                failed_in_a_row += 1
            finally:
                self.is_up = False
                if connection is not None:
                    connection.terminate()  # never await close() on a connection that may be dead
            self.reconnects += 1
            longest = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failed_in_a_row, 10))
            await asyncio.sleep(_jitter.uniform(0, longest))

    async def _hold(self, connection: Any) -> None:
        """Return when the connection is lost; raise when the heartbeat finds it dead."""
        while True:
            try:
                async with asyncio.timeout(self.heartbeat_s):
                    await self._lost.wait()
                raise ConnectionError("the connection was lost")
            except TimeoutError:
                async with asyncio.timeout(self.heartbeat_s):
                    await self._beat(connection)

    async def _beat(self, connection: Any) -> None:
        self._nonce = f"{ECHO}{_jitter.getrandbits(64):x}"
        self._echo.clear()
        await connection.execute("select pg_notify($1, $2)", CHANNEL, self._nonce)
        await self._echo.wait()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == self._nonce:
            self._echo.set()
        elif not str(payload).startswith(ECHO):
            self.on_change(str(payload))


def _reason(error: Exception, *, was_up: bool) -> str:
    """connect: could not begin; heartbeat: no echo in time; lost: the connection ended."""
    if not was_up:
        return "connect"
    return "heartbeat" if isinstance(error, TimeoutError) else "lost"


def connector(url: str) -> Callable[[], Any]:
    """Opens the listener's own connection to `url`."""
    return lambda: asyncpg.connect(
        url, timeout=5, statement_cache_size=0, server_settings={"application_name": "statehub listener"}
    )
