"""A way to a hub on which a test keeps back what is asked, or the answer to it, and cuts it when it likes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

WITHIN_S = 20.0


@dataclass(eq=False)
class Kept:
    """Exchanges that wait: before the hub is asked, or when it has answered."""

    starts: tuple[bytes, ...]
    when_answered: bool
    _here: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, number: int) -> None:
        """As many are here."""
        async with asyncio.timeout(WITHIN_S):
            while self._here < number:
                self._news.clear()
                await self._news.wait()

    def let_go(self) -> None:
        """They go on, and so do those that come later."""
        self._let_go.set()

    async def passed(self) -> None:
        self._here += 1
        self._news.set()
        await self._let_go.wait()


@dataclass(eq=False)
class Way:
    """A TCP way to the hub on this port, one request after another on each connection."""

    hub_port: int
    port: int = 0
    _server: asyncio.Server | None = None
    _kept: list[Kept] = field(default_factory=list)
    _connections: dict[asyncio.Task[None], bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def keep(self, *starts: str, when_answered: bool = False) -> Kept:
        """Keep back the requests that begin so, from now on; or what is answered to them."""
        kept = Kept(tuple(start.encode() for start in starts), when_answered)
        self._kept.append(kept)
        return kept

    async def cut(self, start: str = "") -> None:
        """End the connections whose last request began so; when this returns, the other side can know."""
        ended = [task for task, request in self._connections.items() if request.startswith(start.encode())]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def end(self) -> None:
        """Nobody answers here any more, from now on; what is connected stays so until it is cut."""
        if self._server:
            self._server.close()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._connections[task] = b""
        task.add_done_callback(self._connections.pop)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self.hub_port)
        try:
            task = asyncio.current_task()
            assert task
            while request := await _message(reader):
                self._connections[task] = request
                kept = next((kept for kept in self._kept if request.startswith(kept.starts)), None)
                if kept and not kept.when_answered:
                    await kept.passed()
                hub_writer.write(request)
                answer = await _message(hub_reader)
                if kept and kept.when_answered:
                    await kept.passed()
                writer.write(answer)
                if b"text/event-stream" in answer:
                    while some := await hub_reader.read(2**16):
                        writer.write(some)
                    return
        finally:
            for end in (hub_writer, writer):
                end.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, with its body; empty at the end. Of a stream the head."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        return head + (await reader.readexactly(int(length[1])) if length else b"")
    return b""


@asynccontextmanager
async def way_to(hub_port: int) -> AsyncIterator[Way]:
    """A way to the hub on this port, open."""
    way = Way(hub_port)
    await way.open()
    try:
        yield way
    finally:
        await way.end()
        await way.cut()
