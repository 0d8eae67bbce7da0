"""The feed: who waits for a change.

Told after each published snapshot, so what somebody is told of is what they
then read. Each subscriber has a place for one change a section: a slow reader
gets the latest, and holds up nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from statehub.cache import Snapshot
from statehub.deltas import Event, Filter, delta_of
from statehub.errors import Unavailable


@dataclass(eq=False)
class Subscriber:
    """Waits for what its filter wants."""

    wanted: Filter
    pending: dict[str, Snapshot] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def offer(self, sections: frozenset[str], snapshot: Snapshot) -> None:
        """Put the change in its place; a former one that was not taken yet is out of date."""
        for section in sections:
            self.pending.pop(section, None)  # so that the newest is the last
            self.pending[section] = snapshot
        if sections:
            self._wake.set()

    def close(self) -> None:
        """No more will come."""
        self.closed = True
        self._wake.set()

    async def take(self) -> Mapping[str, Snapshot]:
        """What has changed since the last call, by section; waits for something. Empty when closed."""
        await self._wake.wait()
        self._wake.clear()
        if self.closed:  # looked at last: a signal may close it at any moment
            self._wake.set()
        taken, self.pending = self.pending, {}
        return taken


@dataclass(eq=False)
class Feed:
    """Tells subscribers of each published snapshot. `load` gives the events between two snapshots' cuts."""

    load: Callable[[Snapshot, Snapshot], Awaitable[Sequence[Event] | None]]
    limit: int = 2000
    subscribers: set[Subscriber] = field(default_factory=set)
    closed: bool = False
    _seen: Snapshot | None = None
    _latest: Snapshot | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, before: Snapshot | None, after: Snapshot) -> None:
        """A new snapshot: those who want whole sections are told at once, the others when its events were read."""
        self._latest = after
        if before is None:
            self._seen = after
            for subscriber in self.subscribers:  # who follows a hub that had nothing to show yet
                subscriber.offer(subscriber.wanted.sections, after)
            return
        delta = delta_of(before, after, None)
        for subscriber in self.subscribers:
            if not subscriber.wanted.reads_events:
                subscriber.offer(subscriber.wanted.concerned(delta), after)
        self._wake.set()

    def subscribe(self, wanted: Filter) -> Subscriber:
        """A subscriber, until it leaves. Raises `Unavailable` where there are as many as there may be."""
        if len(self.subscribers) >= self.limit:
            raise Unavailable(f"{self.limit} clients follow the events or wait; the limit is STATEHUB_SSE_LIMIT")
        subscriber = Subscriber(wanted, closed=self.closed)
        if self.closed:
            subscriber.close()
        self.subscribers.add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """It waits no more."""
        self.subscribers.discard(subscriber)

    @contextmanager
    def subscribed(self, wanted: Filter) -> Iterator[Subscriber]:
        """A subscriber while inside."""
        subscriber = self.subscribe(wanted)
        try:
            yield subscriber
        finally:
            self.leave(subscriber)

    def close(self) -> None:
        """End every subscription: the process stops."""
        self.closed = True
        for subscriber in self.subscribers:
            subscriber.close()

    async def run(self) -> None:
        """Tell those whose filter looks at events, for ever. Where the events cannot be read, everybody is told."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            before, after = self._seen, self._latest
            self._seen = after
            waiting = [subscriber for subscriber in self.subscribers if subscriber.wanted.reads_events]
            if not waiting or before is None or after is None or before is after:
                continue
            delta = delta_of(before, after, await self.events_between(before, after))
            # the newest: who has read what was published meanwhile is not told of an older one
            for subscriber in waiting:
                subscriber.offer(subscriber.wanted.concerned(delta), self._latest or after)

    async def events_between(self, before: Snapshot, after: Snapshot) -> Sequence[Event] | None:
        """None where they cannot be read."""
        if before.epoch != after.epoch:
            return None
        try:
            return await self.load(before, after)
        except Exception:  # the database is away; told too much is better than told nothing
            return None
