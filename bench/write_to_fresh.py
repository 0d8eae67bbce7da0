"""How long from a commit until the summary that has it?

A hub of 100,000 tasks (1,000 open), and a process that commits 50 status updates a second, at random moments.
Another writer commits marked updates; each is timed from the moment its commit returned:

fresh    a client that follows /state/events hears of it, asks for the summary and has it in full. Its token
         must cover the marked transaction. The client's own share is `get_ms`: the same request, nothing new
notify   the least that telling can take: a bare NOTIFY, until another asyncpg connection has it
build    the least that building can take: revisions, core, progress in one transaction, one asyncpg connection

Slices of `fresh` and of the parts take turns, with the same writes beside them; while the parts are measured,
the hub is halted (SIGSTOP), so that its builds do not slow theirs. The ratio is the median of the rounds' ratios.
Last, with no other writes: from the commit until the event (`psql_to_sse`).
"""

import asyncio
import multiprocessing
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import asyncpg
import uvloop
from _common import API, connect, make_database, percentile, report, spread, temporary_server
from rebuild_cost import load

from statehub.cli.parts import Part, api_part
from statehub.cli.ports import listen
from statehub.queries import queries
from statehub.tokens import Token

TASKS, WRITES_A_SECOND, LIMIT = 100_000, 50, 200
ROUNDS, MARKS, IDLE_MARKS = 9, 40, 80
WRITER = API + " -c statehub.author=bench"
OPEN = "select code from tasks where status in ('todo', 'progress')"
UPDATE = """
update tasks set status = (case status when 'todo' then 'progress' else 'todo' end)::task_status
where code = %s returning pg_current_xact_id()::text
"""
Times = dict[str, list[float]]


@contextmanager
def hub(url: str) -> Iterator[tuple[int, Part]]:
    """The API on that database, as `custodian serve` runs it: its port and its process."""
    with listen("127.0.0.1", 0) as listening:
        part = api_part(listening, {**os.environ, "STATEHUB_DATABASE_URL": url})
        part.start()
        try:
            yield listening.getsockname()[1], part
        finally:
            part.stop()


def request(port: int, path: str) -> bytes:
    """A GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


class Reader:
    """A client of two connections: the events, and the summary."""

    def __init__(self, port: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(2)]
        self.events, self.answers = (connection.makefile("rb") for connection in self.sockets)
        self.ask = request(port, "/state/summary")
        self.sockets[0].sendall(request(port, "/state/events"))

    def hear_of(self, xid: int) -> None:
        """Return when an event's token covers that transaction."""
        while line := self.events.readline():
            if line.startswith(b"id: ") and Token.parse(line[4:-1].decode()).cut.sees(xid):
                return
        raise ConnectionError("the event stream ended")

    def get_summary(self) -> Token:
        """The token of a summary that was read to its end."""
        self.sockets[1].sendall(self.ask)
        status = self.answers.readline()
        assert status.startswith(b"HTTP/1.1 200"), status
        headers = dict(line.lower().split(b": ") for line in iter(self.answers.readline, b"\r\n"))
        assert len(self.answers.read(int(headers[b"content-length"]))) > 1000
        return Token.parse(headers[b"x-statehub-revision"].strip().decode())

    def close(self) -> None:
        """Hang up."""
        for connection in self.sockets:
            connection.close()


def write(url: str) -> None:
    """Commit status updates until terminated, each after a pause that does not depend on the last one."""
    with closing(connect(url, WRITER)) as connection:
        codes, due = connection.execute(OPEN).fetchall(), time.monotonic()
        while True:
            due += random.expovariate(WRITES_A_SECOND)
            time.sleep(max(0, due - time.monotonic()))
            connection.execute(UPDATE, random.choice(codes))


@contextmanager
def writing(url: str) -> Iterator[None]:
    """The other writes, by a process of their own."""
    process = multiprocessing.get_context("spawn").Process(target=write, args=[url], daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


@dataclass
class Bench:
    """One hub."""

    url: str
    port: int
    part: Part

    def marks(self, number: int, pause_s: tuple[float, float]) -> Times:
        """Milliseconds from a commit's return until its event, and until the summary that has it."""
        times: Times = {"event": [], "fresh": [], "get": []}
        with closing(connect(self.url, WRITER)) as connection, closing(Reader(self.port)) as reader:
            codes = connection.execute(OPEN).fetchall()
            for _ in range(number):
                time.sleep(random.uniform(*pause_s))
                xid = int(str(connection.execute(UPDATE, random.choice(codes)).fetchall()[0][0]))
                committed = time.perf_counter()
                reader.hear_of(xid)
                heard = time.perf_counter()
                token = reader.get_summary()
                read = time.perf_counter()
                assert token.cut.sees(xid)
                reader.get_summary()
                again = time.perf_counter()
                for name, span in (("event", heard - committed), ("fresh", read - committed), ("get", again - read)):
                    times[name].append(span * 1000)
        return times

    def parts(self, run: Callable[[Any], Times]) -> Times:
        """The parts, measured while the hub is halted."""
        assert self.part.process
        self.part.process.send_signal(signal.SIGSTOP)
        try:
            return run(measure_parts(self.url))
        finally:
            self.part.process.send_signal(signal.SIGCONT)
            time.sleep(0.3)  # what it slept through


async def measure_parts(url: str) -> Times:
    """Milliseconds of a bare NOTIFY (from its return; from its sending: `round_trip`), and of a bare build."""
    settings = {"role": "statehub_api", "search_path": "statehub", "jit": "off"}
    teller, hearer, builder = [await asyncpg.connect(url, server_settings=settings) for _ in range(3)]
    times: Times = {"notify": [], "round_trip": [], "build": []}
    arrived: asyncio.Queue[float] = asyncio.Queue()
    await hearer.add_listener("bench", lambda *_: arrived.put_nowait(time.perf_counter()))
    for turn in range(MARKS + 3):
        await asyncio.sleep(random.uniform(0, 0.01))
        sent = time.perf_counter()
        await teller.execute("notify bench")
        returned = time.perf_counter()
        heard = await arrived.get()
        begun = time.perf_counter()
        async with builder.transaction(isolation="repeatable_read", readonly=True):
            await builder.fetchrow(queries()["get_revisions"])
            await builder.fetchval(queries()["get_core"], LIMIT)
            await builder.fetchval(queries()["get_progress"])
        built = time.perf_counter()
        for name, span in (("notify", heard - returned), ("round_trip", heard - sent), ("build", built - begun)):
            if turn >= 3:  # statements are prepared in the first ones
                times[name].append(span * 1000)
    for connection in (teller, hearer, builder):
        await connection.close()
    return times


def main() -> None:
    """Run and report."""
    with ExitStack() as stack:
        url = make_database(stack.enter_context(temporary_server()))
        load(url, TASKS, TASKS)
        port, part = stack.enter_context(hub(url))
        run = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop)).run
        bench = Bench(url, port, part)
        with writing(url):
            bench.marks(20, (0.02, 0.06))
            rounds = [{**bench.marks(MARKS, (0.02, 0.06)), **bench.parts(run)} for _ in range(ROUNDS)]
        time.sleep(2)
        idle = bench.marks(IDLE_MARKS, (0.06, 0.16))
    middles = {name: [median(times[name]) for times in rounds] for name in rounds[0]}
    by_round = zip(middles["fresh"], middles["notify"], middles["build"], strict=True)
    fresh_vs_parts = median(fresh / (notify + build) for fresh, notify, build in by_round)
    rows = []
    figures: dict[str, float] = {}
    for name in rounds[0]:
        values = [value for times in rounds for value in times[name]]
        figures |= {f"{name}_ms": median(values), f"{name}_p99_ms": percentile(values, 99)}
        rows.append([name, f"{median(values):.2f}", f"{percentile(values, 99):.2f}", spread(middles[name])])
    for name, shown in (("event", "psql_to_sse"), ("fresh", "psql_to_summary")):
        figures |= {f"{shown}_ms": median(idle[name]), f"{shown}_p99_ms": percentile(idle[name], 99)}
        rows.append([f"{shown}, idle hub", f"{median(idle[name]):.2f}", f"{percentile(idle[name], 99):.2f}", ""])
    columns = [f"ms, {WRITES_A_SECOND} writes/s", "p50", "p99", "p50 by round"]
    question = "How long from a commit until the summary that has it?"
    report("write_to_fresh", question, columns, rows, {"fresh_vs_parts": fresh_vs_parts}, figures)


if __name__ == "__main__":
    main()
