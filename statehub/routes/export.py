"""`/export`: the whole hub as lines of JSON, streamed from one snapshot."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, contextmanager

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from statehub import filters
from statehub.errors import StateHubError, Unavailable
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of
from statehub.store.reading import EXPORT_LIMIT_S

MEDIA = "application/jsonl"
MOST_AT_ONCE = 2  # each holds a connection of the pool for as long as its client reads
CHUNK_BYTES = 64 * 1024

log = logging.getLogger(__name__)
_running: set[object] = set()


class Export(StreamingResponse):
    """Ends without its last line when the time is over or the database goes away: that is how a client knows."""

    def __init__(self, chunks: AsyncGenerator[str], headers: dict[str, str], place: ExitStack) -> None:
        super().__init__(chunks, media_type=MEDIA, headers=headers)
        self.chunks, self.place = chunks, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(EXPORT_LIMIT_S):
                await super().__call__(scope, receive, noted)
        except (StateHubError, TimeoutError) as error:
            if not started:
                raise
            log.warning("an export was cut: %r", error)
        finally:
            with self.place:  # others come in when the connection is given back
                await self.chunks.aclose()


async def export(request: Request) -> Response:
    query_of(request, filters.Query)
    headers = {"Cache-Control": "no-store"}
    if request.method == "HEAD":
        return Response(media_type=MEDIA, headers=headers)
    with ExitStack() as place:
        place.enter_context(_place())
        chunks = _chunks(store_of(request).export())
        first = await anext(chunks)  # made before the answer begins, so that a database that is away is a 503
        return Export(_all(first, chunks), headers, place.pop_all())


@contextmanager
def _place() -> Iterator[None]:
    """One of the few, from before anything is waited for: whoever comes meanwhile sees it taken."""
    if len(_running) >= MOST_AT_ONCE:
        raise Unavailable(f"{MOST_AT_ONCE} exports run already; try again when one has ended")
    mine = object()
    _running.add(mine)
    try:
        yield
    finally:
        _running.discard(mine)


async def _all(first: str, chunks: AsyncGenerator[str]) -> AsyncGenerator[str]:
    async with aclosing(chunks):
        yield first
        async for chunk in chunks:
            yield chunk


async def _chunks(lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """The first line by itself, the others in chunks."""
    gathered: list[str] = []
    size = CHUNK_BYTES
    async with aclosing(lines):
        async for line in lines:
            gathered.append(line)
            size += len(line)
            if size > CHUNK_BYTES:
                yield "\n".join(gathered) + "\n"
                gathered, size = [], 0
    yield "".join(f"{line}\n" for line in gathered)


operations = [
    Operation(
        "GET", "/export", export, "export", "The whole hub as lines of JSON, from one snapshot",
        {200: Answer(str, "a line a row; the last one counts them", media=MEDIA)}, "state",
    ),
]  # fmt: skip
