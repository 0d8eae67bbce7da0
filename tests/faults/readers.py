"""Who reads the summary: idly, insisting on the newest, and as a client that must never go back."""

import random
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.checker import Seen
from tests.faults.world import Worker, World
from tests.running import SUMMARY

if TYPE_CHECKING:
    from tests.faults.checker import Seen

IDLY_S = 5.0  # an answer from the snapshot waits for nobody; the machine may be busy


def read_idly(world: World, chance: random.Random) -> None:
    """Plain reads of every process: never older than before, never unavailable, never slow."""
    callers = world.callers()
    last: list[Seen | None] = [None] * len(callers)
    tags = [""] * len(callers)
    while not world.over.wait(chance.uniform(0, 0.008)):
        process = chance.randrange(len(callers))
        caller, roll = callers[process], chance.random()
        if roll < 0.1 and tags[process]:
            answer = caller.call("GET", SUMMARY, If_None_Match=tags[process])
            world.checker.count("reads")
            if answer.status == 304:
                continue
        elif roll < 0.15:
            answer = caller.call("HEAD", SUMMARY)
            world.checker.count("reads")
        else:
            seen = caller.summary(**({"Accept_Encoding": "gzip"} if roll < 0.25 else {}))
            if seen is None:
                world.checker.wrong(f"process {process} has no summary any more")
                continue
            world.checker.not_older(seen, last[process], f"a reader of process {process}")
            last[process] = seen
            tags[process] = f'W/"{seen.epoch}.{seen.core}.{seen.progress}"'
    slowest = world.checker.slowest.get(f"GET {SUMMARY}", 0.0)
    if slowest > IDLY_S:
        world.checker.wrong(f"a plain read took {slowest:.1f} s")


def insist(world: World, chance: random.Random) -> None:
    """A refresh includes all that anybody was told is committed, when it was asked for."""
    callers = world.callers()
    while world.pause(chance, "insist", 0.03):
        acknowledged = dict(world.checker.marks)
        seen = chance.choice(callers).summary("?refresh=true")
        if seen:
            world.checker.count("refreshes")
            world.checker.has(seen, acknowledged, "who asked for a refresh")


def never_go_back(world: World, chance: random.Random) -> None:
    """As `client.py` does: sends the newest token it has seen, and so never goes back, across all processes."""
    callers = world.callers()
    last: Seen | None = None
    while world.pause(chance, "never_go_back", 0.03):  # a token of another process makes this one build
        headers = {"X_StateHub_Min_Revision": last.token} if last else {}
        seen = chance.choice(callers).summary(**headers)
        if seen:
            world.checker.count("reads with a token")
            world.checker.not_older(seen, last, "who sent its token")
            last = seen


def wait(process: int, world: World, chance: random.Random) -> None:
    """Long polls: who is told of a change reads it."""
    caller = world.callers()[process]
    last: Seen | None = None
    while not world.over.is_set():
        if last is None and (last := caller.summary()) is None:
            continue
        answer = caller.call("GET", f"/state/wait?since={last.token}&timeout=2")
        if answer.status != 200:
            world.over.wait(0.05)
            continue
        told = answer.json
        core, progress = (int(part, 36) for part in told["token"].split(".")[1:3])
        moved = [s for s, one, two in (("core", core, last.core), ("progress", progress, last.progress)) if one > two]
        if not told["sections"] or not set(told["sections"]) <= set(moved):
            world.checker.wrong(f"told of {told['sections']}, and {moved} moved")
        seen = caller.summary()
        if seen is None:
            continue
        world.checker.count("waits")
        if seen.core < core or seen.progress < progress:
            world.checker.wrong(f"was told of {core}/{progress}, and read {seen.core}/{seen.progress}")
        world.checker.not_older(seen, last, f"who waits at process {process}")
        last = seen


READERS: dict[str, Worker] = {
    "idle_1": read_idly,
    "idle_2": read_idly,
    "insist": insist,
    "never_go_back": never_go_back,
}


def waiters(processes: int) -> dict[str, Worker]:
    """One for each process."""
    return {f"wait_{number}": partial(wait, number) for number in range(processes)}
