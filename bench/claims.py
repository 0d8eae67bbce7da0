"""How many claims a second, when many agents ask at once?

A hub of 1 million tasks, 10,000 of them ready. Claimers are asyncpg connections, each of which claims one task
after the other by claim_task(): 1, 8 and 64 of them. Their limit is a bare queue, a table equal to tasks with
all its indexes but no trigger and no foreign key, from which they take rows by `UPDATE … WHERE id = (SELECT …
FOR UPDATE SKIP LOCKED)` with one pg_notify in the transaction: what a claim must do at the least when others
are to hear of it. Beside it the same without pg_notify, and, for 8 claimers, a queue in SQLite (BEGIN IMMEDIATE).
fsync is on everywhere, and no checkpoint falls into one slice and not into the next. While tasks are claimed, the
ledger is folded each second, as in the app.

Then what it costs to ask what is ready: list_ready() of one repository, which has 400 ready and 400 blocked
tasks in a database of 1 million tasks and in one of 10 thousand.

Slices take turns, and are short; after each round what was claimed is put back. That makes the server plan anew, so
before each slice every claimer makes some claims that do not count. A ratio is the median of the rounds' ratios.
"""

import asyncio
import time
from contextlib import ExitStack
from statistics import median
from typing import Any

import asyncpg
import uvloop
from _common import make_database, paired_ratio, percentile, report, spread, temporary_server
from _queues import STATEMENTS, Sqlite, load, make_bare, put_back

from statehub.queries import queries

TASKS, READY, SMALL, SMALL_READY = 1_000_000, 10_000, 10_000, 100
ROUNDS, SLICE_S, SQLITE_SLICE_S = 11, 1.5, 0.5
CLAIMERS = (1, 8, 64)
CLAIMS_BEFORE = 20  # PostgreSQL plans a statement's first five runs one by one
LIST_ROUNDS, WARM_UP = 100, 10
LIST = "select list_ready(null, 'repo-10', null, null, null, null, 50)"
SETTINGS = {"role": "statehub_api", "search_path": "statehub", "jit": "off", "statehub.author": "bench"}


class Claimers:
    """Connections of agents, and one that tends the hub."""

    def __init__(self, connections: list[Any], tender: Any) -> None:
        self.connections, self.tender = connections, tender

    @classmethod
    async def connected(cls, url: str, number: int) -> "Claimers":
        """So many claimers."""
        connections = [await asyncpg.connect(url, server_settings=SETTINGS) for _ in range(number + 1)]
        return cls(connections[:-1], connections[-1])

    async def claims(self, what: str, number: int, seconds: float) -> float:
        """Claims a second of the first so many claimers, once every statement they need is prepared and planned."""
        args = ["agent"] if what == "claim" else []
        taken: list[list[Any]] = [[] for _ in range(number)]
        prepared = [await connection.prepare(STATEMENTS[what]) for connection in self.connections[:number]]

        async def claim_before(turn: int) -> None:
            for _ in range(CLAIMS_BEFORE):
                await prepared[turn].fetchval(*args)

        async def claim(turn: int) -> None:
            while time.perf_counter() - began < seconds:
                taken[turn].append(await prepared[turn].fetchval(*args))

        await asyncio.gather(*(claim_before(turn) for turn in range(number)))
        tending = asyncio.create_task(self.tend())
        began = time.perf_counter()
        await asyncio.gather(*(claim(turn) for turn in range(number)))
        elapsed = time.perf_counter() - began
        tending.cancel()
        everything = [task for tasks in taken for task in tasks]
        assert None not in everything, f"{what}: the queue ran dry"
        assert len(set(everything)) == len(everything), f"{what}: a task was taken twice"
        return len(everything) / elapsed

    async def tend(self) -> None:
        """Fold and settle each second, as an API process does."""
        while True:
            await asyncio.sleep(1)
            await asyncio.shield(asyncio.ensure_future(self.tender.execute(queries()["tend"])))


async def time_lists(urls: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds of list_ready by database, in turns."""
    connections = {name: await asyncpg.connect(url, server_settings=SETTINGS) for name, url in urls.items()}
    times: dict[str, list[float]] = {name: [] for name in urls}
    for turn in range(WARM_UP + LIST_ROUNDS):
        for name in list(urls)[:: 1 if turn % 2 else -1]:
            began = time.perf_counter()
            page = await connections[name].fetchval(LIST)
            if turn >= WARM_UP:
                times[name].append((time.perf_counter() - began) * 1000)
            assert page.count('"ONE-T') >= 50
    return times


def main() -> None:
    """Run and report."""
    speed: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        server = stack.enter_context(temporary_server({"max_wal_size": "8GB", "checkpoint_timeout": "1h"}))
        urls = {name: make_database(server, name) for name in ("small", "large")}
        load(urls["small"], SMALL, SMALL_READY)
        load(urls["large"], TASKS, READY)
        make_bare(urls["large"])
        sqlite = Sqlite(server.data_dir / "queue.sqlite", TASKS, READY)
        run = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop)).run
        listed = run(time_lists(urls))
        claimers = run(Claimers.connected(urls["large"], max(CLAIMERS)))
        for turn in range(ROUNDS):
            for number in CLAIMERS:
                put_back(urls["large"])
                names = [*STATEMENTS]
                for what in (*names[turn % len(names) :], *names[: turn % len(names)]):
                    speed.setdefault((what, number), []).append(run(claimers.claims(what, number, SLICE_S)))
            speed.setdefault(("sqlite", 8), []).append(sqlite.claims(8, SQLITE_SLICE_S))
            sqlite.put_back()

    ratios: dict[str, float] = {}
    for number in CLAIMERS:
        for name, theirs in (("claims_vs_limit", "bare_notify"), ("claims_vs_silent_limit", "bare_quiet")):
            ratios[f"{name}_{number}"] = paired_ratio(speed["claim", number], speed[theirs, number])
    ratios["claims_vs_sqlite_8"] = paired_ratio(speed["claim", 8], speed["sqlite", 8])
    ratios["ready_million_vs_ten_thousand"] = paired_ratio(listed["large"], listed["small"])
    ratios = dict(sorted(ratios.items(), key=lambda item: item[0] != "claims_vs_limit_64"))
    figures = {f"{what}_{number}": median(values) for (what, number), values in speed.items()}
    for name, times in listed.items():
        figures |= {f"list_ready_{name}_ms": median(times), f"list_ready_{name}_p95_ms": percentile(times, 95)}
    rows = [
        [
            f"{number} claimers",
            *(spread(speed[w, number]) if (w, number) in speed else "" for w in (*STATEMENTS, "sqlite")),
        ]
        for number in CLAIMERS
    ]
    columns = ("claims/s: median (range)", "claim_task()", "bare, pg_notify", "bare, silent", "SQLite")
    report("claims", "How many claims a second, when many agents ask at once?", columns, rows, ratios, figures)


if __name__ == "__main__":
    main()
