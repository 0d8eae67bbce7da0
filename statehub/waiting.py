"""Who waits for a task to be ready: woken by a published change, or when a lease runs out, which nothing tells of.

After a change one query a scope tells all its waiters whether it is worth while to claim; while nothing changes, a
waiter costs nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from statehub.cache import Snapshot
from statehub.deltas import Filter
from statehub.errors import Unavailable
from statehub.feed import Feed, Subscriber

S = TypeVar("S", bound=Hashable)
Chance = tuple[bool, float | None]
"""Whether something is ready, and the seconds until the next lease runs out, if any runs."""
CORE = Filter(frozenset({"core"}))
LATE_S = 0.005
"""A lease has run out for certain so long after its end, whatever a timer rounds."""


@dataclass(eq=False)
class Waiting(Generic[S]):
    """`ask` tells the chances in a scope, for any agent."""

    feed: Feed
    ask: Callable[[S], Awaitable[Chance]]
    _asked: dict[S, tuple[Snapshot, asyncio.Task[Chance]]] = field(default_factory=dict)

    async def until_ready(self, scope: S, subscriber: Subscriber, lease_ends_s: float | None) -> None:
        """Return when it is worth while to claim. Raises Unavailable when the hub stops."""
        while True:
            try:
                async with asyncio.timeout(lease_ends_s and lease_ends_s + LATE_S):
                    taken = await subscriber.take()
            except TimeoutError:
                return
            if not taken:
                raise Unavailable("the hub is stopping; ask again in a moment")
            ready, lease_ends_s = await self._chance(scope, taken["core"])
            if ready:
                return

    async def _chance(self, scope: S, snapshot: Snapshot) -> Chance:
        """Asked after that snapshot was published; once for all who wait in this scope."""
        seen, asked = self._asked.get(scope, (None, None))
        if asked is None or seen is not snapshot:
            asked = asyncio.ensure_future(self.ask(scope))
            asked.add_done_callback(partial(self._forget, scope, snapshot))
            self._asked[scope] = (snapshot, asked)
        return await asyncio.shield(asked)

    def _forget(self, scope: S, snapshot: Snapshot, asked: asyncio.Task[Chance]) -> None:
        if not asked.cancelled():
            asked.exception()  # told to whoever still waits
        if self._asked.get(scope, (None, None))[0] is snapshot:
            del self._asked[scope]
