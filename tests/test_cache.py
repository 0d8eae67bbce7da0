"""The cache alone: a loader that the test holds, a clock and a sleep that take no time."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from statehub.cache import FIRST_RETRY_S, LAST_RETRY_S, SectionCache, Snapshot

pytestmark = pytest.mark.anyio

LONG = 3600.0


def snapshot(core: int, progress: int = 0, epoch: str = "e") -> Snapshot:
    return Snapshot(epoch, {"core": core, "progress": progress}, {"core": b"{}", "progress": b"{}"}, "1:1:", "now")


def revisions(core: int, progress: int = 0) -> dict[str, int]:
    return {"core": core, "progress": progress}


async def until(condition: Callable[[], Any]) -> None:
    """Let the others run until it holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def others() -> None:
    """Let the others run as far as they get."""
    for _ in range(50):
        await asyncio.sleep(0)


@dataclass
class Rig:
    """A cache whose builds end when the test says so, unless `answer` is given."""

    now: float = 1000.0
    answer: Callable[[], Snapshot] | None = None
    builds: list[asyncio.Future[Snapshot]] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    slept: list[float] = field(default_factory=list)
    cache: SectionCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = SectionCache(self.load, burst=1, min_gap_s=0.02, clock=lambda: self.now, sleep=self.sleep)

    async def load(self, _current: Snapshot | None) -> Snapshot:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            self.builds.append(asyncio.get_running_loop().create_future())
            if self.answer:
                return self.answer()
            return await self.builds[-1]
        finally:
            self.running -= 1

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def is_fresh(self) -> bool:
        return self.cache.is_fresh

    def failure(self) -> Exception | None:
        return self.cache.failure

    async def begun(self, number: int) -> asyncio.Future[Snapshot]:
        """The build of that number (from 1), once it runs."""
        await until(lambda: len(self.builds) >= number)
        return self.builds[number - 1]

    async def built(self, number: int, found: Snapshot) -> None:
        """That build ends with this snapshot, which is published."""
        (await self.begun(number)).set_result(found)
        await until(lambda: self.cache.snapshot is found)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Rig"]:
        task = asyncio.create_task(self.cache.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def refresher(rig: Rig) -> asyncio.Task[Snapshot]:
    return asyncio.create_task(rig.cache.refresh(LONG))


async def test_nothing_is_built_until_something_is_wanted() -> None:
    async with Rig().at_work() as rig:
        await others()
        assert rig.builds == []
        rig.cache.invalidate()
        await rig.built(1, snapshot(1))
        await others()
        assert len(rig.builds) == 1
        assert rig.is_fresh()


async def test_a_hundred_callers_cost_one_build_running_and_one_waiting() -> None:
    async with Rig().at_work() as rig:
        early = [refresher(rig) for _ in range(100)]
        first = await rig.begun(1)
        late = [refresher(rig) for _ in range(100)]
        await others()
        assert len(rig.builds) == 1
        first.set_result(snapshot(1))
        assert {(await caller).revisions["core"] for caller in early} == {1}
        assert not any(caller.done() for caller in late)
        await rig.built(2, snapshot(2))
        assert {(await caller).revisions["core"] for caller in late} == {2}
        await others()
        assert (len(rig.builds), rig.most_running) == (2, 1)


async def test_a_caller_gets_no_build_that_started_before_it_asked() -> None:
    async with Rig().at_work() as rig:
        rig.cache.invalidate()
        await rig.begun(1)
        caller = refresher(rig)
        await others()
        await rig.built(1, snapshot(1))
        await others()
        assert not caller.done()
        await rig.built(2, snapshot(2))
        assert (await caller).revisions["core"] == 2


async def test_a_change_during_a_build_leads_to_another_build() -> None:
    async with Rig().at_work() as rig:
        rig.cache.invalidate()
        await rig.begun(1)
        rig.cache.announce()
        rig.cache.announce()
        await rig.built(1, snapshot(1))
        assert not rig.is_fresh()
        await rig.built(2, snapshot(2))
        assert rig.is_fresh()
        await others()
        assert len(rig.builds) == 2


async def test_a_burst_of_changes_is_one_build_for_each_gap() -> None:
    rig = Rig(answer=lambda: snapshot(1))
    async with rig.at_work():
        for _ in range(1000):
            rig.cache.announce()
        await until(rig.is_fresh)
        await others()
        assert len(rig.builds) == 1
        for _ in range(5):
            rig.cache.announce()
            await until(rig.is_fresh)
        await others()
        assert len(rig.builds) == 6
        assert rig.slept == pytest.approx([0.02] * 6)


async def test_a_few_builds_may_follow_each_other_at_once_and_then_one_comes_each_gap() -> None:
    rig = Rig(answer=lambda: snapshot(1))
    rig.cache.burst = 3
    async with rig.at_work():
        for _ in range(5):
            rig.cache.announce()
            await until(rig.is_fresh)
            await others()
        assert rig.slept == pytest.approx([0, 0, 0.02, 0.02, 0.02])
        rig.now += 10
        for _ in range(3):
            rig.cache.announce()
            await until(rig.is_fresh)
            await others()
        assert rig.slept[5:] == pytest.approx([0, 0, 0.02])


async def test_the_gap_is_kept_between_two_builds() -> None:
    async with Rig().at_work() as rig:
        first, second = refresher(rig), None
        await rig.begun(1)
        second = refresher(rig)
        await others()
        await rig.built(1, snapshot(1))
        assert rig.slept in ([], [0.02])
        await rig.begun(2)
        assert rig.slept == [0.02]
        await rig.built(2, snapshot(2))
        await first
        await second


async def test_a_failed_build_keeps_the_last_snapshot_and_is_tried_again() -> None:
    async with Rig().at_work() as rig:
        rig.cache.invalidate()
        good = snapshot(1)
        await rig.built(1, good)
        rig.cache.invalidate()
        (await rig.begun(2)).set_exception(OSError("away"))
        await until(rig.failure)
        assert rig.cache.snapshot is good
        assert not rig.is_fresh()
        await rig.built(3, snapshot(2))
        assert rig.failure() is None
        assert rig.is_fresh()
        assert (rig.cache.counts.builds, rig.cache.counts.failures) == (2, 1)


async def test_retries_back_off_up_to_a_limit_and_never_end() -> None:
    rig = Rig()

    def fail() -> Snapshot:
        raise OSError("away")

    rig.answer = fail
    async with rig.at_work():
        rig.cache.invalidate()
        await until(lambda: len(rig.builds) > 1500)
        assert rig.cache.counts.failures >= 1500
        assert rig.slept[0] <= 0.1
        assert max(rig.slept[:4]) <= 0.8
        assert LAST_RETRY_S / 2 < max(rig.slept) <= LAST_RETRY_S
        for wait, failing_for in zip(rig.slept, itertools.accumulate(rig.slept, initial=0.0), strict=False):
            assert wait <= max(FIRST_RETRY_S, failing_for) + 1e-9
        assert min(rig.slept) >= 0.02
        assert len(set(rig.slept)) > 100, "no jitter"
        rig.answer = lambda: snapshot(7)
        await until(rig.is_fresh)
        assert rig.cache.snapshot
        assert rig.cache.snapshot.revisions["core"] == 7


async def test_a_build_that_hung_is_tried_again_at_once() -> None:
    rig = Rig()

    def hang() -> Snapshot:
        rig.now += 4.0
        rig.answer = lambda: snapshot(1)
        raise TimeoutError

    rig.answer = hang
    async with rig.at_work():
        rig.cache.invalidate()
        await until(rig.is_fresh)
        assert rig.slept[0] <= FIRST_RETRY_S


async def test_the_first_failure_is_logged_and_the_hundredth_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    rig = Rig()

    def fail() -> Snapshot:
        raise OSError("away")

    rig.answer = fail
    async with rig.at_work():
        rig.cache.invalidate()
        await until(lambda: len(rig.builds) > 100)
        assert len(caplog.records) == 1
        rig.answer = lambda: snapshot(1)
        await until(rig.is_fresh)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_failure_is_raised_to_those_who_waited_for_that_build_and_to_nobody_else() -> None:
    async with Rig().at_work() as rig:
        early = [refresher(rig) for _ in range(3)]
        first = await rig.begun(1)
        late = refresher(rig)
        await others()
        first.set_exception(OSError("away"))
        for caller in early:
            with pytest.raises(OSError, match="away"):
                await caller
        await rig.begun(2)
        assert not late.done()
        await rig.built(2, snapshot(1))
        assert (await late).revisions["core"] == 1


async def test_a_caller_that_waited_too_long_is_told_and_the_build_goes_on() -> None:
    async with Rig().at_work() as rig:
        with pytest.raises(TimeoutError):
            await rig.cache.refresh(0)
        await rig.built(1, snapshot(1))
        assert rig.is_fresh()


async def test_a_caller_that_goes_away_does_no_harm() -> None:
    async with Rig().at_work() as rig:
        leaver, stayer = refresher(rig), refresher(rig)
        first = await rig.begun(1)
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        first.set_result(snapshot(1))
        assert (await stayer).revisions["core"] == 1
        rig.cache.invalidate()
        await rig.built(2, snapshot(2))


async def test_a_caller_that_goes_away_in_the_moment_of_the_answer_does_no_harm() -> None:
    async with Rig().at_work() as rig:
        leavers, stayer = [refresher(rig) for _ in range(3)], refresher(rig)
        first = await rig.begun(1)
        first.set_result(snapshot(1))
        for leaver in leavers:
            leaver.cancel()
        assert (await stayer).revisions["core"] == 1
        rig.cache.invalidate()
        await rig.built(2, snapshot(2))


@pytest.mark.parametrize("found", [snapshot(4, 9), snapshot(5, 8), snapshot(6, 10, epoch="other")])
async def test_a_database_that_went_back_is_adopted_loudly(found: Snapshot, caplog: pytest.LogCaptureFixture) -> None:
    async with Rig().at_work() as rig:
        rig.cache.invalidate()
        await rig.built(1, snapshot(5, 9))
        assert rig.cache.counts.regressions == 0
        rig.cache.invalidate()
        await rig.built(2, found)
        assert rig.cache.counts.regressions == 1
        assert "went back" in caplog.text
        assert rig.is_fresh()


async def test_a_database_that_went_on_is_no_regression() -> None:
    async with Rig().at_work() as rig:
        for number, (core, progress) in enumerate([(1, 1), (1, 2), (2, 2), (2, 2)], 1):
            rig.cache.invalidate()
            await rig.built(number, snapshot(core, progress))
        assert rig.cache.counts.regressions == 0


async def test_a_snapshot_is_as_old_as_the_begin_of_its_build() -> None:
    async with Rig().at_work() as rig:
        rig.cache.invalidate()
        first = await rig.begun(1)
        rig.now += 3
        first.set_result(snapshot(1))
        await until(rig.is_fresh)
        assert rig.cache.age_s == pytest.approx(3, abs=0.1)
        rig.now -= 1000
        assert rig.cache.age_s == 0, "never negative, whatever the clock does"


async def verified(rig: Rig) -> None:
    rig.cache.invalidate()
    await rig.built(1, snapshot(1, 1))
    rig.now += 10


async def test_a_poll_that_finds_the_same_makes_the_snapshot_young_again() -> None:
    async with Rig().at_work() as rig:
        await verified(rig)
        rig.cache.suspect(OSError("away"))
        assert rig.failure()
        asked_at = rig.now
        rig.now += 1
        assert rig.cache.verify("e", revisions(1, 1), asked_at)
        assert rig.cache.age_s == pytest.approx(1)
        assert rig.failure() is None
        await others()
        assert len(rig.builds) == 1


@pytest.mark.parametrize(
    ("epoch", "found"), [("e", revisions(2, 1)), ("e", revisions(1, 2)), ("e", revisions(0, 1)), ("x", revisions(1, 1))]
)
async def test_a_poll_that_finds_another_revision_brings_a_build(epoch: str, found: dict[str, int]) -> None:
    async with Rig().at_work() as rig:
        await verified(rig)
        assert not rig.cache.verify(epoch, found, rig.now)
        assert not rig.is_fresh()
        await rig.built(2, snapshot(2, 2))


async def test_a_poll_that_was_overtaken_by_a_build_says_nothing() -> None:
    async with Rig().at_work() as rig:
        await verified(rig)
        asked_at = rig.now
        rig.now += 1
        rig.cache.invalidate()
        await rig.built(2, snapshot(2, 2))
        age = rig.cache.age_s
        assert rig.cache.verify("e", revisions(1, 1), asked_at)
        assert rig.is_fresh()
        assert rig.cache.age_s == age


async def test_a_poll_says_nothing_of_a_snapshot_that_is_known_to_be_stale() -> None:
    async with Rig().at_work() as rig:
        await verified(rig)
        rig.cache.invalidate()
        await rig.begun(2)
        age = rig.cache.age_s
        assert rig.cache.verify("e", revisions(5, 5), rig.now)
        assert rig.cache.verify("e", revisions(1, 1), rig.now)
        assert rig.cache.age_s == age, "what is stale is not verified"
        await rig.built(2, snapshot(5, 5))
        await others()
        assert len(rig.builds) == 2


async def test_a_poll_before_the_first_snapshot_says_nothing() -> None:
    async with Rig().at_work() as rig:
        assert rig.cache.verify("e", revisions(1), rig.now)
        await others()
        assert rig.builds == []


async def test_a_suspicion_takes_nothing_away_and_ends_with_the_next_build() -> None:
    async with Rig().at_work() as rig:
        await verified(rig)
        error = OSError("away")
        rig.cache.suspect(error)
        assert rig.failure() is error
        assert rig.cache.snapshot
        assert rig.is_fresh()
        rig.cache.invalidate()
        await rig.built(2, snapshot(1, 1))
        assert rig.failure() is None


async def test_an_announcement_is_remembered_by_its_time() -> None:
    rig = Rig()
    rig.cache.announce()
    assert rig.cache.announced_at == rig.now
    assert not rig.is_fresh()


@pytest.mark.parametrize("when", ["idle", "building", "backing off"])
async def test_the_builder_ends_cleanly_when_it_is_cancelled(when: str) -> None:
    rig = Rig()
    forever = asyncio.Event()

    async def sleep_for_ever(_seconds: float) -> None:
        await forever.wait()

    if when == "backing off":
        rig.cache.sleep = sleep_for_ever
    task = asyncio.create_task(rig.cache.run())
    await others()
    if when != "idle":
        rig.cache.invalidate()
        first = await rig.begun(1)
        if when == "backing off":
            first.set_exception(OSError("away"))
            await until(rig.failure)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rig.running == 0
    assert rig.cache.counts.failures == (when == "backing off")
