"""The chaos run: two API processes on one database, everybody at work, and one fault after another."""

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from tests.conftest import OWNER
from tests.faults.caller import Caller
from tests.faults.checker import Checker
from tests.faults.cluster import Api, cluster, doors, serving
from tests.faults.followers import Follower, Stream
from tests.faults.injections import Injector
from tests.faults.oracle import Oracle
from tests.faults.readers import READERS, waiters
from tests.faults.report import Report, is_enough
from tests.faults.world import SUMMARY_LIMIT, World
from tests.faults.writers import WRITERS
from tests.running import eventually

POLL_S = 0.3
GRACE_S = 1.5  # for a build and an answer on a busy machine
STUCK_S = 30.0  # nobody commits any more, or nobody reads


def run(seconds: float, seed: int, folder: Path) -> Report:
    """All of it; the report tells what was found."""
    checker, chance = Checker(), random.Random(seed)  # noqa: S311
    with ExitStack() as stack:
        made = stack.enter_context(cluster())
        gate = stack.enter_context(doors(made, 2))
        apis = [
            stack.enter_context(
                serving(
                    folder,
                    ["tests.faults.serving"],
                    database_url=made.url,
                    listen_url=gate.url(number),
                    poll_interval=str(POLL_S),
                )
            )
            for number in range(2)
        ]
        world = World(made.database, [api.port for api in apis], checker, seed)
        stack.callback(world.close)
        world.prepare()
        _wait_until_ready(apis, checker)
        oracle = Oracle(made.database, SUMMARY_LIMIT)
        report = Report(checker, Injector(made, gate, checker, chance), oracle, seconds, seed)
        first = world.callers()[0].summary("?refresh=true")
        assert first
        with closing(made.database.connect(OWNER)) as connection:
            known = {row[0] for row in connection.execute("select id from progress_events")}
        followers, streams = [Follower(first.token) for _ in range(2)], [Stream(number) for number in range(2)]
        oracle.start()
        world.writing.set()
        world.start(**WRITERS, **READERS, **waiters(2))
        world.start(**{f"follow_{n}": follower.follow for n, follower in enumerate(followers)})
        world.start(**{f"stream_{n}": stream.follow for n, stream in enumerate(streams)})
        _go_wrong(world, report.injector, oracle, seconds)
        try:
            _come_to_rest(world, apis, streams, report)
        finally:
            world.end()
            oracle.stop()
        _settle_accounts(world, report, followers, known)
        report.drift = sum(_drift(api, checker) for api in apis)
    return report


def _wait_until_ready(apis: Sequence[Api], checker: Checker) -> None:
    for api in apis:

        def ready(api: Api = api) -> bool:
            assert api.process.poll() is None, api.log.read_text()[-2000:]
            try:
                with closing(Caller(api.port, Checker())) as caller:
                    return bool(caller.call("GET", "/state/ready").json["status"] == "ready")
            except ValueError:
                return False

        eventually(ready, "the process serves", within_s=30)


def _go_wrong(world: World, injector: Injector, oracle: Oracle, seconds: float) -> None:
    """For that long, and on a slow machine until enough was done, as long as it is getting on."""
    begun = grew = time.monotonic()
    done = (0, 0)
    time.sleep(0.3)
    while (now := time.monotonic()) < begun + seconds or (
        now < grew + STUCK_S and not is_enough(world.checker, injector, seconds)
    ):
        counts = world.checker.counts["commits"], world.checker.counts["reads"]
        if all(more > less for more, less in zip(counts, done, strict=True)):
            done, grew = counts, now
        injector.inject()
        time.sleep(injector.chance.uniform(0.2, 0.9))
        world.look()
        world.checker.compare(oracle)


def _come_to_rest(world: World, apis: Sequence[Api], streams: Sequence[Stream], report: Report) -> None:
    """No more writers, no more faults: one last silent write, which every process must show by itself."""
    checker = world.checker
    world.writing.clear()
    eventually(world.is_quiet, "the writers stand still", within_s=30)
    _wait_until_ready(apis, checker)
    begun = time.monotonic()
    with closing(world.database.connect(OWNER)) as connection, connection.transaction():
        connection.execute("set local statehub.notify = off")
        connection.execute("update workplans set title = %s where code = 'M10'", ["M10 #1"])
    checker.acknowledge("M10", 1)
    for caller in world.callers():

        def shown(caller: Caller = caller) -> bool:
            seen = caller.summary()
            return seen is not None and seen.marks.get("M10") == 1

        eventually(shown, "the silent write is shown", within_s=30)
    report.silent_s = time.monotonic() - begun
    if report.silent_s > POLL_S * 1.2 + GRACE_S:
        checker.wrong(f"a silent write was shown after {report.silent_s:.1f} s only")
    eventually(lambda: report.oracle.now() == report.oracle.now(), "nothing moves any more")
    final = report.oracle.now()
    for caller in world.callers():
        seen = caller.summary("?refresh=true")
        assert seen
        if (seen.epoch, seen.core, seen.progress) != final:
            checker.wrong(f"in the end it was {seen}, and should be {final}")
        checker.has(seen, checker.marks, "in the end somebody")

    def told() -> bool:
        return all(stream.last == {"core": final[1], "progress": final[2]} for stream in streams)

    eventually(told, "every stream was told of the last revision")


def _settle_accounts(world: World, report: Report, followers: Sequence[Follower], known: set[int]) -> None:
    """Nothing acknowledged is lost, nothing is there twice; the deltas have all of it; no age is unexplained."""
    checker = world.checker
    with closing(world.database.connect(OWNER)) as connection:
        rows = connection.execute("select id, summary from progress_events").fetchall()
        wrong_totals = connection.execute("select count(*) from verify_totals()").fetchone()
    summaries = [summary for _, summary in rows]
    if lost := checker.events - set(summaries):
        checker.wrong(f"{len(lost)} events that were acknowledged are lost, such as {min(lost)}")
    unique = [summary for summary in summaries if summary.startswith("event ")]
    if len(unique) != len(set(unique)):
        checker.wrong("an event is there twice")
    if wrong_totals != (0,):
        checker.wrong("the counters are not what count(*) says")
    committed = {row[0] for row in rows} - known
    report.events = len(committed)
    for follower in followers:
        if not follower.catch_up(world.callers(), report.injector.chance):
            checker.wrong("the last delta could not be had")
        follower.judge(checker, committed)
    checker.compare(report.oracle)
    for process, at, age in checker.ages:
        sick = sum(max(0.0, min(at, end) - max(at - age, begin)) for begin, end in _spread(report.injector.times))
        if age - sick > POLL_S * 1.2 + GRACE_S:
            checker.wrong(f"process {process} served an answer {age} s old, of which {sick:.1f} s had a reason")


def _spread(times: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """With the time that retries may take to come back: they wait longer the longer it took. Merged."""
    spread: list[tuple[float, float]] = []
    for begin, end in times:
        end += max(1.0, end - begin)
        if spread and begin <= spread[-1][1]:
            begin = spread.pop()[0]
        spread.append((begin, end))
    return spread


def _drift(api: Api, checker: Checker) -> int:
    with closing(Caller(api.port, checker)) as caller:
        text = caller.call("GET", "/metrics").body.decode()
    return sum(int(float(line.split()[1])) for line in text.splitlines() if line.startswith("statehub_drift_total "))
