"""The soak run: everybody at work without faults, clients that come and go, and what grows meanwhile."""

import http.client
import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import OWNER, Database
from tests.faults.caller import Caller
from tests.faults.checker import Checker, Seen
from tests.faults.cluster import cluster, serving
from tests.faults.followers import Follower, Stream
from tests.faults.readers import READERS, waiters
from tests.faults.sql_writer import STATUSES, SqlWriter
from tests.faults.sse import following
from tests.faults.world import Worker, World
from tests.faults.writers import WRITERS
from tests.hubs import free_port
from tests.running import eventually

SAMPLES, EVERY_S = 60, 0.5
KEPT = 200  # contents of revisions that the checker remembers
MIB = 2.0**20
SUPERUSER = "-c search_path=statehub"
# nobody is left, and nothing is pending
RESTING = ("feed clients", "busy connections", "ledger rows", "unsettled rows")
# what the triggers and the fold write again and again: it must be vacuumed as fast as it is written
TABLES = ("ledger", "revisions", "totals", "workplan_totals", "unsettled", "idempotency_keys")
MCP_CALLS = ("get_state_summary", "list_ready_tasks", "add_progress_event")


class Forgetful(Checker):
    """Judges as the other does, and remembers the last revisions only: a soak runs long."""

    def read(self, body: bytes, header_token: str) -> Seen:
        seen = super().read(body, header_token)
        with self._lock:
            known: dict[object, object]
            for known in (self._core, self._progress, self._marks):  # type: ignore[assignment]
                while len(known) > KEPT:
                    del known[next(iter(known))]
            self._served.clear()
        return seen


class SteadyWriter(SqlWriter):
    """Does as much in the last second as in the first, however many rows there are by then."""

    def decide(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "insert into decisions (workplan, title) values (row_id('workplans', %s), 'Which?')", [self.mark]
        )
        connection.execute(
            "update decisions set status = 'superseded' where id = (select id from decisions"
            " where workplan = row_id('workplans', %s) order by created_at desc limit 1)",
            [self.mark],
        )

    def change_tasks(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "update tasks set status = %s, priority = %s where id in (select id from tasks"
            " where workplan = row_id('workplans', %s) order by created_at desc limit %s)",
            [self.chance.choice(STATUSES), self.chance.randint(0, 4), self.mark, self.chance.choice([1, 2, 20])],
        )


@dataclass
class Soak:
    """What was measured: names to values, one a sample; then once more when all clients had left."""

    seconds: float
    samples: list[Mapping[str, float]] = field(default_factory=list)
    rest: Mapping[str, float] = field(default_factory=dict)
    checker: Checker = field(default_factory=Forgetful)

    def third(self, number: int, name: str) -> float:
        """The highest value in the first, second or last third."""
        length = len(self.samples)
        return max(row[name] for row in self.samples[length * number // 3 : max(1, length * (number + 1) // 3)])

    def __str__(self) -> str:
        counts = self.checker.counts
        lines = [
            f"soak, {self.seconds:.0f} s: {counts['commits']} commits, {counts['reads']} reads,"
            f" {counts['deltas']} deltas, {counts['waits']} waits, {counts['streams']} streams opened and left,"
            f" {counts['MCP calls']} MCP calls",
            f"{'':34}{'1st third':>11}{'2nd third':>11}{'last third':>11}{'at rest':>11}",
        ]
        for name in self.rest:
            values = [*(self.third(number, name) for number in range(3)), self.rest[name]]
            lines.append(f"{name:34}" + "".join(f"{value:11,.1f}" for value in values))
        return "\n".join(lines)


def run(seconds: float, seed: int, folder: Path) -> Soak:
    """All of it, with one API process and one MCP server."""
    soak = Soak(seconds)
    with ExitStack() as stack:
        # once a minute is PostgreSQL's own choice; so a run of minutes shows what comes of it in hours
        made = stack.enter_context(cluster(autovacuum_naptime="5s"))
        api = stack.enter_context(serving(folder, database_url=made.url))
        mcp_port = free_port()
        url = f"http://127.0.0.1:{api.port}"
        mcp = stack.enter_context(serving(folder, ["statehub.cli.main", "mcp"], api_url=url, mcp_port=str(mcp_port)))
        world = World(made.database, [api.port], soak.checker, seed, pace_s=0.02)
        stack.callback(world.close)
        world.prepare()
        processes = {"API": api.process.pid, "MCP": mcp.process.pid}
        for port, path in ((api.port, "/state/ready"), (mcp_port, "/none")):
            eventually(partial(_answers, port, path), "it serves", within_s=60)
        first = world.callers()[0].summary("?refresh=true")
        assert first
        world.writing.set()
        # the hub folds and settles by itself
        world.start(**{name: work for name, work in WRITERS.items() if name.startswith("http")})
        world.start(**{f"sql_{number}": partial(write, number) for number in (4, 5, 6, 7)}, **READERS, **waiters(1))
        world.start(follow=Follower(first.token).follow, stream=Stream(0).follow)
        world.start(**{f"comes_{number}": come_and_go for number in range(2)})
        world.start(mcp_calls=partial(call_tools, mcp_port), mcp_streams=partial(open_streams, mcp_port))
        try:
            begun = time.monotonic()
            number = int(min(SAMPLES, seconds / EVERY_S)) or 1
            for n in range(number):
                world.over.wait(max(0.0, begun + seconds * n / number - time.monotonic()))
                soak.samples.append(sample(made.database, api.port, processes))
                world.look()
        finally:
            world.end()
            world.close()

        def rests() -> bool:
            soak.rest = sample(made.database, api.port, processes)
            return not any(soak.rest[name] for name in RESTING)

        eventually(rests, "nobody is left, and nothing is pending", within_s=20)
        with closing(made.database.connect(OWNER)) as connection:
            kept = {row[0] for row in connection.execute("select summary from progress_events")}
            wrong = connection.execute("select count(*) from verify_totals()").fetchone()
        if lost := soak.checker.events - kept:
            soak.checker.wrong(f"{len(lost)} events that were acknowledged are lost")
        if wrong != (0,):
            soak.checker.wrong("the counters are not what count(*) says")
    return soak


def sample(database: Database, port: int, processes: Mapping[str, int]) -> dict[str, float]:
    """Everything that may grow, now."""
    found: dict[str, float] = {}
    for name, pid in processes.items():
        told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        found[f"{name} memory (MiB)"] = int(told["VmRSS"].split()[0]) / 1024
        found[f"{name} file descriptors"] = len([*Path(f"/proc/{pid}/fd").iterdir()])
        found[f"{name} threads"] = int(told["Threads"])
    with closing(Caller(port, Checker())) as caller:
        metrics = caller.call("GET", "/metrics").body.decode()
    rows = (line.split() for line in metrics.splitlines() if line.startswith("statehub_feed_clients "))
    found["feed clients"] = sum(float(value) for _, value in rows)
    with closing(database.connect(SUPERUSER)) as connection:  # what others' sessions do is hidden from the owner
        found.update(_counted(connection))
    return found


def _counted(connection: psycopg.Connection) -> Iterator[tuple[str, float]]:
    def number(query: str) -> float:
        row = connection.execute(query.encode()).fetchone()
        return float(row[0]) if row else 0.0

    yield (
        "API connections",
        number("select count(*) from pg_stat_activity where application_name in ('statehub api', 'statehub listener')"),
    )
    yield (
        "busy connections",
        number(
            "select count(*) from pg_stat_activity where application_name in ('statehub api', 'statehub listener')"
            " and state <> 'idle'"
        ),
    )
    yield "vacuums", number("select sum(autovacuum_count) from pg_stat_user_tables")
    yield "ledger rows", number("select count(*) from ledger")
    yield "unsettled rows", number("select count(*) from unsettled")
    for table in TABLES:
        yield f"{table} (MiB)", number(f"select pg_total_relation_size('{table}')") / MIB


def _answers(port: int, path: str) -> bool:
    with suppress(OSError, http.client.HTTPException), closing(http.client.HTTPConnection("127.0.0.1", port)) as asked:
        asked.request("GET", path)
        return asked.getresponse().status < 500
    return False


def write(number: int, world: World, chance: random.Random) -> None:
    """By psql; number 7 holds its transactions open."""
    SteadyWriter(number, world, chance, late=number == 7).run()


def come_and_go(world: World, chance: random.Random) -> None:
    """Follow the events for a moment, then hang up without a word."""
    while not world.over.wait(chance.uniform(0, 0.05)):
        with following(world.ports[0], chance.choice(["", "?repo=chaos", "?kind=task"])) as client:
            client.message(within_s=chance.uniform(0, 0.1))
        world.checker.count("streams")


def call_tools(port: int, world: World, chance: random.Random) -> None:
    """As an agent does, each time on a connection of its own."""
    headers = {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-06-18",
    }  # fmt: skip
    while not world.over.wait(chance.uniform(0, 0.1)):
        name = chance.choice(MCP_CALLS)
        params = {"name": name, "arguments": {"summary": "by an agent"} if name == "add_progress_event" else {}}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("POST", "/mcp", json.dumps(call), headers)
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 200 or b'"isError":true' in body:
            world.checker.wrong(f"{name} answered {answer.status}: {body[:200]!r}")
        world.checker.count("MCP calls")


def open_streams(port: int, world: World, chance: random.Random) -> None:
    """Older clients: a stream each, left without a word."""
    while not world.over.wait(chance.uniform(0, 0.2)):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/sse")
            line = connection.getresponse().readline()
        if not line.startswith(b"event: endpoint"):
            world.checker.wrong(f"/sse began with {line!r}")
        world.checker.count("streams")


__all__ = ["Soak", "Worker", "run"]
