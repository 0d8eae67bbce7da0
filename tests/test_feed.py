"""The feed by itself: what subscribers are offered while the events of a change are still being read."""

import asyncio
from collections.abc import Sequence

import pytest

from statehub.cache import Snapshot
from statehub.deltas import Event, Filter
from statehub.feed import Feed

pytestmark = pytest.mark.anyio

OURS = Filter(repo="ours")


def at(core: int, progress: int) -> Snapshot:
    return Snapshot("e", {"core": core, "progress": progress}, {}, "", "")


async def turns() -> None:
    """Time for everybody to look."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_wants_some_events_is_offered_the_newest_snapshot_not_the_one_that_had_them() -> None:
    read = asyncio.Event()

    async def load(_before: Snapshot, after: Snapshot) -> Sequence[Event]:
        await read.wait()
        return [Event("ada", "ours", None, None, False, ())] if after.revisions["progress"] == 2 else []

    feed = Feed(load)
    feed.publish(None, at(1, 1))
    running = asyncio.create_task(feed.run())
    with feed.subscribed(OURS) as subscriber:
        feed.publish(at(1, 1), at(1, 2))
        await turns()  # its events are being read
        feed.publish(at(1, 2), at(1, 3))
        read.set()
        taken = await asyncio.wait_for(subscriber.take(), 20)
        assert {section: snapshot.revisions["progress"] for section, snapshot in taken.items()} == {"progress": 3}
    running.cancel()


async def test_the_last_that_is_taken_is_the_newest() -> None:
    with Feed(lambda *_: asyncio.sleep(0, [])).subscribed(Filter()) as subscriber:
        subscriber.offer(frozenset({"core"}), at(2, 1))
        subscriber.offer(frozenset({"progress"}), at(2, 2))
        subscriber.offer(frozenset({"core"}), at(3, 2))
        assert list((await subscriber.take()).values())[-1].revisions["core"] == 3


async def test_a_subscriber_that_is_closed_stays_awake() -> None:
    feed = Feed(lambda *_: asyncio.sleep(0, []))
    with feed.subscribed(Filter()) as subscriber:
        subscriber.offer(frozenset({"core"}), at(2, 1))
        feed.close()
        assert await subscriber.take()
        assert await asyncio.wait_for(subscriber.take(), 20) == {}


async def test_who_came_before_the_first_snapshot_is_told_of_it() -> None:
    feed = Feed(lambda *_: asyncio.sleep(0, []))
    with feed.subscribed(Filter()) as subscriber, feed.subscribed(Filter(frozenset({"core"}), repo="ours")) as picky:
        feed.publish(None, at(1, 1))
        assert set(await asyncio.wait_for(subscriber.take(), 20)) == {"core", "progress"}
        assert set(await asyncio.wait_for(picky.take(), 20)) == {"core"}
