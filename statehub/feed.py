"""The feed: who waits for a change, and which change concerns them.

Told after each published snapshot, so what somebody is told of is what they
then read. Each subscriber has a place for one change a section: a slow reader
gets the latest, and holds up nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from statehub.cache import Snapshot

SECTIONS = ("core", "progress")
# Which kind of event explains a change of a table; a change that no event explains is told in any case.
EXPLAINED_BY = {
    "topics": "topic",
    "managed_repos": "repo",
    "workplans": "workplan",
    "workplan_dependencies": "workplan",
    "tasks": "task",
    "task_dependencies": "task",
    "decisions": "decision",
}
KINDS = (*dict.fromkeys(EXPLAINED_BY.values()), "progress")
MOST_EVENTS = 1000


class Event(NamedTuple):
    """What filters look at. `kind`: the entity whose change it tells of, None for a note; `bulk`: of many rows."""

    author: str
    repo: str | None
    workplan: str | None
    kind: str | None
    bulk: bool
    about: Sequence[str]


@dataclass(frozen=True)
class Filter:
    """What a subscriber wants to hear of; None is everything. Names are lower case."""

    sections: frozenset[str] = frozenset(SECTIONS)
    repo: str | None = None
    workplan: str | None = None
    author: str | None = None
    kind: str | None = None

    @property
    def reads_events(self) -> bool:
        """Whether events decide, and not the section alone."""
        return any((self.repo, self.workplan, self.author, self.kind))

    def wants(self, event: Event) -> bool:
        """An event of many rows names none of them, so it may concern anybody."""
        return (
            (self.repo is None or event.repo == self.repo or (event.bulk and event.repo is None))
            and (self.workplan is None or event.workplan == self.workplan or event.bulk)
            and (self.author is None or event.author == self.author)
            and (self.kind is None or self.kind == (event.kind or "progress") or self.kind in event.about)
        )

    def concerned(self, delta: "Delta") -> frozenset[str]:
        """The sections of that change that this subscriber is told of."""
        moved = self.sections & delta.sections
        if not self.reads_events or delta.events is None:
            return moved
        wanted = [event for event in delta.events if self.wants(event)]
        told = {"progress"} if wanted else set()
        if delta.unexplained or any(event.kind for event in wanted):
            told.add("core")
        return moved & told


@dataclass(frozen=True)
class Delta:
    """What lies between two snapshots; `events` None: too many to look at, or another epoch."""

    sections: frozenset[str]
    events: Sequence[Event] | None
    unexplained: bool


def delta_of(before: Snapshot, after: Snapshot, events: Sequence[Event] | None) -> Delta:
    """The change from one snapshot to the other, with the events between them."""
    if before.epoch != after.epoch:
        return Delta(frozenset(SECTIONS), None, unexplained=True)
    sections = frozenset(s for s in SECTIONS if before.revisions[s] != after.revisions[s])
    told = {event.kind for event in events or ()}
    moved = {table for table, revision in after.tables.items() if before.tables.get(table) != revision}
    unexplained = any(EXPLAINED_BY.get(table) not in told for table in moved - {"progress_events"})
    return Delta(sections, events, unexplained)


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
        if not self.closed:
            self._wake.clear()
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
            return
        delta = delta_of(before, after, None)
        for subscriber in self.subscribers:
            if not subscriber.wanted.reads_events:
                subscriber.offer(subscriber.wanted.concerned(delta), after)
        self._wake.set()

    @contextmanager
    def subscribed(self, wanted: Filter) -> Iterator[Subscriber]:
        """A subscriber while inside."""
        subscriber = Subscriber(wanted, closed=self.closed)
        if self.closed:
            subscriber.close()
        self.subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self.subscribers.discard(subscriber)

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
            for subscriber in waiting:
                subscriber.offer(subscriber.wanted.concerned(delta), after)

    async def events_between(self, before: Snapshot, after: Snapshot) -> Sequence[Event] | None:
        """None where they cannot be read."""
        if before.epoch != after.epoch:
            return None
        try:
            return await self.load(before, after)
        except Exception:  # the database is away; told too much is better than told nothing
            return None
