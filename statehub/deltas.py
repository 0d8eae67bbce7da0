"""Deltas: what lies between two snapshots, and whom it concerns.

A filter looks at events. What changed without an event, or with too many to
look at, concerns everybody: told too much is better than told nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
