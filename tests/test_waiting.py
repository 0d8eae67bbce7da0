"""Waiting: a change is looked at once a scope, whoever waits; while nothing changes, nothing is asked."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from statehub.cache import Snapshot
from statehub.deltas import Event
from statehub.errors import Unavailable
from statehub.feed import Feed
from statehub.waiting import CORE, Chance, Waiting

pytestmark = pytest.mark.anyio


class World:
    """A feed, and answers that are given one after the other."""

    def __init__(self, *chances: Chance) -> None:
        self.feed = Feed(self.nothing)
        self.chances, self.asked = list(chances), 0
        self.waiting: Waiting[str] = Waiting(self.feed, self.ask)
        self.at = Snapshot("e", {"core": 0, "progress": 0}, {}, "", "")

    async def nothing(self, _before: Snapshot, _after: Snapshot) -> Sequence[Event] | None:
        return None

    async def ask(self, _scope: str) -> Chance:
        self.asked += 1
        return self.chances.pop(0)

    async def change(self) -> None:
        """A core that moved, and time for everybody to look."""
        before, core = self.at, self.at.revisions["core"] + 1
        self.at = Snapshot("e", {"core": core, "progress": 0}, {}, "", "")
        self.feed.publish(before, self.at)
        for _ in range(20):
            await asyncio.sleep(0)


async def test_one_question_a_change_serves_all_who_wait_in_a_scope() -> None:
    world = World((False, None), (True, None))
    with ExitStack() as stack:
        subscribers = [stack.enter_context(world.feed.subscribed(CORE)) for _ in range(50)]
        late = [asyncio.ensure_future(world.waiting.until_ready("a", s, None)) for s in subscribers]
        await asyncio.sleep(0)
        assert world.asked == 0
        await world.change()
        assert (world.asked, any(one.done() for one in late)) == (1, False)
        await world.change()
        assert (world.asked, all(one.done() for one in late)) == (2, True)


async def test_the_end_of_a_lease_wakes_without_a_question() -> None:
    world = World()
    with world.feed.subscribed(CORE) as subscriber:
        await world.waiting.until_ready("a", subscriber, 0.001)
    assert world.asked == 0


async def test_a_shorter_lease_that_a_change_brings_is_heeded() -> None:
    world = World((False, 0.001))
    with world.feed.subscribed(CORE) as subscriber:
        late = asyncio.ensure_future(world.waiting.until_ready("a", subscriber, 3600))
        await asyncio.sleep(0)
        await world.change()
        await asyncio.wait_for(late, 20)


async def test_whoever_waits_when_the_hub_stops_is_told() -> None:
    world = World()
    with world.feed.subscribed(CORE) as subscriber:
        late = asyncio.ensure_future(world.waiting.until_ready("a", subscriber, None))
        await asyncio.sleep(0)
        world.feed.close()
        with pytest.raises(Unavailable):
            await late
