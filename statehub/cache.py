"""SectionCache: immutable snapshots, stale-while-revalidate, single flight.

Knows neither Postgres nor HTTP: it is given a loader. There is no TTL; a
snapshot is current until something says otherwise, and an error never takes
the last good one away.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

_jitter = random.Random()  # noqa: S311  (one of its own: the process's may be seeded by others)
log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The sections of one cut of the database, and the label that is exactly theirs."""

    epoch: str
    revisions: Mapping[str, int]
    sections: Mapping[str, bytes]
    cut: str
    generated_at: str
    tables: Mapping[str, int] = field(default_factory=dict)

    def is_at(self, epoch: str, revisions: Mapping[str, int]) -> bool:
        """Whether this is the content at that revision."""
        return self.epoch == epoch and self.revisions == revisions


@dataclass
class Counts:
    """What the cache has done since it started."""

    builds: int = 0
    failures: int = 0
    drift: int = 0
    regressions: int = 0


def _ignore(*_: object) -> None:
    """Nobody asked to be told."""


Loader = Callable[[Snapshot | None], Awaitable[Snapshot]]


@dataclass(eq=False)
class SectionCache:
    """Holds one snapshot and keeps it fresh with `run`. Times are of `clock`, in seconds."""

    load: Loader
    # a token bucket: this many builds may follow each other at once, and in the long run one comes each min_gap_s
    burst: int = 10
    min_gap_s: float = 0.01
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    snapshot: Snapshot | None = None
    verified_at: float = 0.0
    announced_at: float = 0.0
    on_publish: Callable[[Snapshot | None, Snapshot], object] = _ignore
    # for those who measure: seconds and what was built anew; seconds from a notification to its snapshot
    on_build: Callable[[float, frozenset[str], bool], object] = _ignore
    on_fresh: Callable[[float], object] = _ignore
    failure: Exception | None = None
    counts: Counts = field(default_factory=Counts)
    # Generations of builds: `want` is the last one asked for, `started` the last begun, `done` the last published.
    want: int = 0
    started: int = 0
    done: int = 0
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _first_announced: float | None = None
    _last_begun: float = 0.0
    _saved: float = 0.0
    _waiters: dict[asyncio.Future[Snapshot], int] = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        """Nothing is known that the snapshot lacks."""
        return self.done >= self.want

    @property
    def age_s(self) -> float:
        """How long ago the snapshot was last known to be current."""
        return max(0.0, self.clock() - self.verified_at)

    def announce(self) -> None:
        """A notification told of a change."""
        self.announced_at = self.clock()
        if self._first_announced is None:
            self._first_announced = self.announced_at
        self.invalidate()

    def invalidate(self) -> int:
        """Mark the snapshot stale; the generation that will be fresh again.

        A build that has started may have read before this: only a later one will do.
        """
        self.want = max(self.want, self.started + 1)
        self._work.set()
        return self.started + 1

    async def refresh(self, timeout_s: float) -> Snapshot:
        """A snapshot from a build that started after this call.

        Raises the build's error, or TimeoutError.
        """
        waiter: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = self.invalidate()
        try:
            async with asyncio.timeout(timeout_s):
                return await waiter
        finally:
            del self._waiters[waiter]

    def verify(self, epoch: str, revisions: Mapping[str, int], asked_at: float) -> bool:
        """The database was at this revision when asked, at `asked_at`; false: the snapshot is not, and was not stale.

        A read that was overtaken by a build says nothing.
        """
        if self.snapshot is None or not self.is_fresh or asked_at < self.verified_at:
            return True
        if self.snapshot.is_at(epoch, revisions):
            self.verified_at = asked_at
            self.failure = None
            return True
        self.invalidate()
        return False

    def suspect(self, error: Exception) -> None:
        """The database could not be asked: what is served from now on may be out of date."""
        self.failure = error

    async def run(self) -> None:
        """Build whenever something is wanted, one at a time, for ever."""
        failed_in_a_row, failing_since = 0, 0.0
        while True:
            await self._work.wait()
            self._work.clear()
            while self.done < self.want:
                generation = self.started = self.started + 1
                begun = self.clock()
                try:
                    built = await self.load(self.snapshot)
                except Exception as error:
                    failed_in_a_row += 1
                    failing_since = failing_since or self.clock()  # an attempt that hung has waited enough
                    self.on_build(self.clock() - begun, frozenset(), True)
                    self._fail(generation, error, first=failed_in_a_row == 1)
                    # A later generation tries again: whoever waits now gets an attempt of their own.
                    self.want = max(self.want, generation + 1)
                    # nobody waits longer for the first good answer than there was none: what was short ends soon
                    longest = min(LAST_RETRY_S, max(FIRST_RETRY_S, self.clock() - failing_since))
                    await self.sleep(_jitter.uniform(self.min_gap_s, longest))
                    continue
                if failed_in_a_row:
                    log.info("summary builds again after %d failures", failed_in_a_row)
                failed_in_a_row, failing_since = 0, 0.0
                self._publish(generation, built, begun)
                await self._rest(begun)

    async def _rest(self, begun: float) -> None:
        """Until the next build is due: at once, unless so many have followed each other that the bucket is empty."""
        earned = (begun - self._last_begun) / self.min_gap_s if self._last_begun else self.burst
        self._saved = min(self.burst, self._saved + earned) - 1
        self._last_begun = begun
        await self.sleep(max(0.0, (1 - self._saved) * self.min_gap_s - (self.clock() - begun)))

    def _publish(self, generation: int, built: Snapshot, begun: float) -> None:
        previous = self.snapshot
        if previous and (
            previous.epoch != built.epoch or any(built.revisions[s] < r for s, r in previous.revisions.items())
        ):
            self.counts.regressions += 1
            before, after = (f"{s.epoch} {dict(s.revisions)}" for s in (previous, built))
            log.warning(
                "the database went back, or is another one (restore, fail-over): %s → %s; adopted", before, after
            )
        self.snapshot = built
        self.verified_at = begun
        self.failure = None
        self.done = generation
        self.counts.builds += 1
        for waiter, wanted in self._waiters.items():
            if wanted <= generation and not waiter.done():
                waiter.set_result(built)
        now = self.clock()
        kept = previous.sections if previous else {}
        self.on_build(now - begun, frozenset(s for s, b in built.sections.items() if kept.get(s) is not b), False)
        if self._first_announced is not None and self._first_announced <= begun:
            self.on_fresh(now - self._first_announced)
            self._first_announced = None
        try:
            self.on_publish(previous, built)
        except Exception:  # whoever is told must not end who tells
            log.exception("a published snapshot could not be told of")

    def _fail(self, generation: int, error: Exception, *, first: bool) -> None:
        self.failure = error
        self.counts.failures += 1
        if first:
            log.warning("a summary build failed; the last snapshot stays: %s", error)
        for waiter, wanted in self._waiters.items():
            if wanted <= generation and not waiter.done():
                waiter.set_exception(error)
