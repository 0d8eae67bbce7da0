"""What do 1,000 SSE clients on one process cost?

The hub as `custodian serve` runs it, and 1,000 clients of /state/events from one process, over loopback.

last      from a commit's return until the last of them has the change; also until half of them have it.
          `clients_cpu` is the clients' own work in that time: they share the machine's cores
memory    what the server process grew by when they came, per client
summary   requests a second of /state/summary by the same load: without clients and with them, each quiet and
          with 10 changes a second. Slices take turns; a ratio is the median of the rounds' ratios
"""

import asyncio
import re
import resource
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg
import uvloop
from _common import OWNER, connect, make_database, paired_ratio, percentile, report, spread, temporary_server
from _load import load
from read_summary import CONTENT
from write_to_fresh import OPEN, UPDATE, WRITER, hub, request

from statehub.tokens import Token

CLIENTS, CHANGES, CHANGES_A_SECOND = 1000, 30, 10
ROUNDS, SLICE_S = 5, 2
TOKENS = re.compile(rb"\nid: (\S+)\n")
Slices = dict[tuple[int, int], list[float]]


@dataclass(eq=False)
class Client(asyncio.Protocol):
    """One connection that follows the events."""

    request: bytes
    on_token: Callable[["Client"], None]
    text: bytes = b""
    token: bytes = b""
    has_it: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.text += data
        end = self.text.rfind(b"\n\n") + 1
        if tokens := TOKENS.findall(self.text, 0, end):
            self.token = tokens[-1]
            self.on_token(self)
        self.text = self.text[end:]


@dataclass
class Crowd:
    """All clients. `change` commits a change and waits until the last one has it."""

    port: int
    writer: psycopg.Connection[Any]
    codes: list[Any]
    clients: list[Client] = field(default_factory=list)
    heard_at: list[float] = field(default_factory=list)
    all_have_it: asyncio.Event = field(default_factory=asyncio.Event)
    xid: int | None = None
    turn: int = 0
    known: dict[bytes, bool] = field(default_factory=dict)  # by token: does it cover the change?

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """The clients, while inside; each has heard of a change before it begins."""
        loop = asyncio.get_running_loop()
        ask = request(self.port, "/state/events")
        self.clients = [Client(ask, self.tell) for _ in range(CLIENTS)]
        for client in self.clients:
            await loop.create_connection(lambda client=client: client, "127.0.0.1", self.port)  # type: ignore[misc]
        try:
            await self.change()
            yield
        finally:
            for client in self.clients:
                client.transport.abort()
            self.clients = []
            await asyncio.sleep(0.5)  # for the server to notice

    def tell(self, client: Client) -> None:
        """That client has another token."""
        if self.xid is None or client.has_it:
            return
        if (covers := self.known.get(client.token)) is None:
            covers = self.known[client.token] = Token.parse(client.token.decode()).cut.sees(self.xid)
        if covers:
            client.has_it = True
            self.heard_at.append(time.perf_counter())
            if len(self.heard_at) == len(self.clients):
                self.all_have_it.set()

    def commit(self) -> int:
        """A status update, of one task after another; its transaction. Blocks: what arrives meanwhile waits."""
        self.turn += 1
        return int(self.writer.execute(UPDATE, self.codes[self.turn % len(self.codes)]).fetchall()[0][0])

    async def change(self) -> tuple[float, float, float]:
        """Milliseconds until half of the clients, and until all have it, and of our own CPU meanwhile."""
        self.xid = self.commit()
        begun, cpu = time.perf_counter(), time.process_time()
        async with asyncio.timeout(30):
            await self.all_have_it.wait()
        cpu = time.process_time() - cpu
        half, last = median(self.heard_at) - begun, self.heard_at[-1] - begun
        self.xid = None
        self.all_have_it.clear()
        self.heard_at.clear()
        self.known.clear()
        for client in self.clients:
            client.has_it = False
        return half * 1000, last * 1000, cpu * 1000

    async def keep_changing(self) -> None:
        """Some changes a second, until cancelled."""
        while True:
            self.commit()
            await asyncio.sleep(1 / CHANGES_A_SECOND)

    async def throughput(self, changing: int) -> float:
        """Summaries a second in one slice."""
        task = asyncio.create_task(self.keep_changing()) if changing else None
        try:
            return (await asyncio.to_thread(load, self.port, "/state/summary", {}, SLICE_S)).rps
        finally:
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await asyncio.sleep(0.2)


def memory_kb(pid: int) -> float:
    """Resident memory of a process."""
    return float(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)


async def measure(crowd: Crowd, pid: int) -> tuple[list[tuple[float, float, float]], float, Slices]:
    """The changes, kB per client, and requests a second by number of clients and of changes a second."""
    slices: Slices = {(clients, rate): [] for clients in (0, CLIENTS) for rate in (0, CHANGES_A_SECOND)}
    await crowd.throughput(1)  # the server has done all of it once, before its memory is looked at
    before = memory_kb(pid)
    async with crowd.connected():
        await asyncio.sleep(0.5)
        per_client = (memory_kb(pid) - before) / CLIENTS
        changes = []
        for _ in range(CHANGES):
            changes.append(await crowd.change())
            await asyncio.sleep(0.1)
    for turn in range(ROUNDS):
        for clients in (0, CLIENTS)[:: 1 if turn % 2 else -1]:
            async with crowd.connected() if clients else nullcontext():
                for rate in (0, CHANGES_A_SECOND):
                    slices[clients, rate].append(await crowd.throughput(rate))
    return changes, per_client, slices


def main() -> None:
    """Run and report."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * CLIENTS) if most > 0 else 4 * CLIENTS, most))
    with ExitStack() as stack:
        url = make_database(stack.enter_context(temporary_server()))
        with closing(connect(url, OWNER + " -c statehub.author=bench")) as owner:
            owner.execute(CONTENT)
            owner.execute("analyze")
        port, part = stack.enter_context(hub(url))
        assert part.process
        writer = stack.enter_context(closing(connect(url, WRITER)))
        crowd = Crowd(port, writer, writer.execute(OPEN).fetchall())
        changes, per_client, slices = uvloop.run(measure(crowd, part.process.pid))

    figures: dict[str, float] = {"clients": CLIENTS, "kb_per_client": per_client}
    rows = [["memory, kB a client", f"{per_client:.1f}", ""]]
    for name, values in zip(("half_ms", "last_ms", "clients_cpu_ms"), zip(*changes, strict=True), strict=True):
        middle, high = median(values), percentile(values, 99)
        figures |= {name: middle, name.replace("_ms", "_p99_ms"): high}
        rows.append([f"{name.removesuffix('_ms')}, ms (p99)", f"{middle:.1f} ({high:.1f})", ""])
    for (clients, rate), rps in slices.items():
        figures[f"rps_{clients}_clients_{rate}_changes"] = median(rps)
        rows.append([f"summary/s, {clients:,} clients, {rate} changes/s", f"{median(rps):,.0f}", spread(rps)])
    quiet, changing = (0, 0), (0, CHANGES_A_SECOND)
    crowded, busy = (CLIENTS, 0), (CLIENTS, CHANGES_A_SECOND)
    ratios = {
        "throughput_with_clients_vs_without": paired_ratio(slices[crowded], slices[quiet]),
        "throughput_with_clients_vs_without_while_changing": paired_ratio(slices[busy], slices[changing]),
        "throughput_with_clients_and_changes_vs_quiet": paired_ratio(slices[busy], slices[quiet]),
    }
    question = "What do 1,000 SSE clients on one process cost?"
    report("fan_out", question, ["", "p50", "by round"], rows, ratios, figures)


if __name__ == "__main__":
    main()
