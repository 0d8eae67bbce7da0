"""What a closed loop of clients gets from a server: wrk where it is installed, else a generator of our own.

Ours takes more CPU than wrk does: where it is what limits the rate, a ratio is closer to 1 than it should be.
"""

import asyncio
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, repeat
from pathlib import Path

import uvloop

CLIENTS = 16
WRK = shutil.which("wrk")
_LUA = """
local requests, at = {{}}, 0
for request in io.open("{0}", "rb"):read("*a"):gmatch("([^%z]+)%z") do requests[#requests + 1] = request end
function request()
    at = at % #requests + 1
    return requests[at]
end
"""
_IN_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    """Requests a second, and the time that half and that 99 of 100 of them took at most."""

    rps: float
    p50_ms: float
    p99_ms: float


def load(port: int, path: str, headers: Mapping[str, str], seconds: int) -> Load:
    """Keep CLIENTS connections busy, one request at a time each. Raises RuntimeError when one failed."""
    if WRK:
        return _wrk(WRK, port, path, headers, seconds)
    return uvloop.run(_own(port, repeat(get_request(port, path, headers)), seconds))


def load_requests(port: int, requests: Sequence[bytes], seconds: int) -> Load:
    """The same with requests in turn, each given whole; they begin anew at the end."""
    if WRK:
        return _wrk_script(WRK, port, requests, seconds)
    return uvloop.run(_own(port, cycle(requests), seconds))


def get_request(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    """A GET as bytes."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _wrk(wrk: str, port: int, path: str, headers: Mapping[str, str], seconds: int) -> Load:
    options = [text for name, value in headers.items() for text in ("-H", f"{name}: {value}")]
    return _run(wrk, options, f"http://127.0.0.1:{port}{path}", seconds)


def _wrk_script(wrk: str, port: int, requests: Sequence[bytes], seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as directory:
        script, data = Path(directory, "requests.lua"), Path(directory, "requests")
        data.write_bytes(b"".join(request + b"\0" for request in requests))
        script.write_text(_LUA.format(data))
        return _run(wrk, ["-s", str(script)], f"http://127.0.0.1:{port}", seconds)


def _run(wrk: str, options: list[str], url: str, seconds: int) -> Load:
    command = [wrk, "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--latency", "--timeout", "5s", *options, url]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    rps = re.search(r"Requests/sec: +([\d.]+)", shown)
    times = {percent: _ms(shown, percent) for percent in ("50", "99")}
    if not rps or "Non-2xx" in shown or "Socket errors" in shown:
        raise RuntimeError(f"wrk met errors:\n{shown}")
    return Load(float(rps[1]), times["50"], times["99"])


def _ms(shown: str, percent: str) -> float:
    found = re.search(rf"{percent}% +([\d.]+)([a-z]+)", shown)
    return float(found[1]) * _IN_MS[found[2]] if found else 0.0


@dataclass(eq=False)
class _Client(asyncio.Protocol):
    """One connection: asks again as soon as it was answered."""

    requests: Iterator[bytes]
    failed: asyncio.Future[None]
    times_ms: list[float] = field(default_factory=list)
    head: bytearray = field(default_factory=bytearray)
    missing: int | None = None  # bytes of the answer's body; None while its head is read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server hung up: {exc}")

    def data_received(self, data: bytes) -> None:
        if self.missing is None:
            self.head += data
            end = self.head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            head = self.head[:end].decode("latin-1").lower()
            if head[9:12] not in ("200", "201", "304"):
                self._fail(head)
            length = re.search(r"\ncontent-length: *(\d+)", head)
            self.missing = (int(length[1]) if length else 0) - (len(self.head) - end)
        else:
            self.missing -= len(data)
        if not self.missing:
            self.times_ms.append((time.perf_counter() - self.asked_at) * 1000)
            self._ask()

    def _ask(self) -> None:
        self.missing = None
        self.head.clear()
        self.asked_at = time.perf_counter()
        self.transport.write(next(self.requests))

    def _fail(self, why: str) -> None:
        if not self.failed.done():
            self.failed.set_exception(RuntimeError(why))


async def _own(port: int, requests: Iterator[bytes], seconds: int) -> Load:
    loop = asyncio.get_running_loop()
    failed = loop.create_future()
    clients = [_Client(requests, failed) for _ in range(CLIENTS)]
    begun = time.perf_counter()
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await failed
    taken = time.perf_counter() - begun
    for client in clients:
        client.transport.abort()
    times = [t for client in clients for t in client.times_ms]
    return Load(len(times) / taken, statistics.median(times), statistics.quantiles(times, n=100)[98])
