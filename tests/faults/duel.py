"""A short, targeted chaos against the app in this process: silence, a gap in the listening, then a race."""

import time
from contextlib import ExitStack, closing
from typing import Any

from tests.conftest import OWNER, Database
from tests.faults.checker import Checker
from tests.faults.oracle import Oracle
from tests.faults.readers import READERS
from tests.faults.world import SUMMARY_LIMIT, World
from tests.faults.writers import WRITERS
from tests.running import Hub, Link, eventually, linked, running

POLL_S = 0.2
LONG_POLL_S = 60.0  # so that nothing but notifications and the resync keeps that hub fresh
GRACE_S = 1.5  # for a build and an answer on a busy machine
ENOUGH, LONGEST_RACE_S = 100, 60.0  # refreshes: by work, since machines differ


def fight(database: Database, seed: int = 1) -> Checker:
    """What the checker finds; ends with the first violation."""
    checker = Checker()
    with ExitStack() as stack:
        link = stack.enter_context(linked(database))
        settings: dict[str, Any] = {"summary_limit": SUMMARY_LIMIT}
        world = World(database, [], checker, seed)
        world.prepare()
        polling = stack.enter_context(running(database, poll_interval=POLL_S, **settings))
        told = stack.enter_context(running(database, poll_interval=LONG_POLL_S, listen_url=link.url, **settings))
        world.ports = [polling.port, told.port]
        stack.callback(world.close)
        for phase in (_keep_silent, _miss_a_notification, _race):
            phase(world, polling, told, link)
            if checker.violations:
                break
    return checker


def _is_shown(world: World, hub: int, number: int) -> bool:
    """Whether that process shows the number, within the time that every answer must keep to."""
    caller, deadline = world.callers()[hub], time.monotonic() + POLL_S * 1.2 + GRACE_S
    while time.monotonic() < deadline:
        if (seen := caller.summary()) and seen.marks.get("M9") == number:
            return True
        time.sleep(0.01)
    return False


def _keep_silent(world: World, polling: Hub, _told: Hub, _link: Link) -> None:
    """A write that notifies nobody is shown within the poll interval."""
    polling.settled()
    with closing(world.database.connect(OWNER)) as connection, connection.transaction():
        connection.execute("set local statehub.notify = off")
        connection.execute("update workplans set title = 'M9 #1' where code = 'M9'")
    if not _is_shown(world, 0, 1):
        world.checker.wrong("a silent write was not shown within the poll interval")


def _miss_a_notification(world: World, _polling: Hub, told: Hub, link: Link) -> None:
    """A write during a reconnect is shown as soon as the hub listens again."""
    eventually(lambda: told.listener.is_up, "the hub listens")
    told.settled()
    link.refuse()
    eventually(lambda: not told.listener.is_up, "the hub notices")
    told.execute("update workplans set title = 'M9 #2' where code = 'M9'")
    link.accept()
    eventually(lambda: told.listener.is_up, "the hub listens again", within_s=10)
    if not _is_shown(world, 1, 2):
        world.checker.wrong("a write during a reconnect was not shown after it")


def _race(world: World, _polling: Hub, _told: Hub, _link: Link) -> None:
    """Writers, readers and folds at once; every answer is compared with the oracle."""
    oracle = Oracle(world.database, SUMMARY_LIMIT)
    oracle.start()
    world.writing.set()
    world.pace_s = 0.02
    names = ("http_1", "http_2", "sql_4", "late_7", "tend")
    world.start(**{name: WRITERS[name] for name in names}, **READERS)
    until = time.monotonic() + LONGEST_RACE_S
    try:
        while not world.checker.violations and world.checker.counts["refreshes"] < ENOUGH and time.monotonic() < until:
            world.look()
            world.checker.compare(oracle)
            time.sleep(0.1)
    finally:
        world.end()
        oracle.stop()
    world.checker.compare(oracle)
