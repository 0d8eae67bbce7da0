"""The client on httpx2, for faces that wait for many things at once: the MCP server. The twin of client.py."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Self, TypeVar

import httpx2

from statehub import calls
from statehub.calls import Call
from statehub.errors import Gone, Unavailable
from statehub.exchange import Attempt, Memory, refusal

if TYPE_CHECKING:
    from statehub import answers

T = TypeVar("T")
STREAM_TIMEOUT_S = 40.0  # the hub says something every 15 s
CONNECTIONS = 100


class AsyncClient:
    """As Client, and any number of calls at once."""

    def __init__(
        self, base_url: str, *, token: str | None = None, author: str | None = None, author_kind: str | None = None
    ) -> None:
        self.base_url = base_url
        self.memory = Memory.of(base_url, token, author, author_kind)
        limits = httpx2.Limits(max_connections=CONNECTIONS)
        # a proxy has no business between a machine and itself
        self._http = httpx2.AsyncClient(base_url=base_url, limits=limits, trust_env=False, follow_redirects=False)
        self._answered = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def token(self) -> str | None:
        """A revision token of all that was seen."""
        return self.memory.token

    async def do(self, call: Call[T]) -> T:
        """Send it; its answer."""
        attempt = Attempt(call, self.memory)
        status, _, answer = await self._exchange(attempt)
        found: T = attempt.document(status, answer)
        return found

    async def pages(self, call: "Call[answers.Page[T]]") -> AsyncIterator[T]:
        """The rows of a list, page after page."""
        while True:
            page = await self.do(call)
            for row in page["items"]:
                yield row
            if page["next_cursor"] is None:
                return
            call = calls.following(call, page["next_cursor"])

    async def get_summary(self, *, refresh: bool = False) -> bytes:
        """The summary as it is served, never older than what this client has seen; unchanged, it costs no body."""
        memory = self.memory
        known = memory.summary
        headers = {"If-None-Match": known[0]} if known else {}
        if memory.token:
            headers["X-StateHub-Min-Revision"] = memory.token
        path = "/state/summary" + ("?refresh=true" if refresh else "")
        try:
            call = Call[bytes]("GET", path, headers=headers, allow=(200, 304))
            status, answered, body = await self._exchange(Attempt(call, memory))
        except Gone:  # restored, or failed over: what was seen is of another history
            memory.token = memory.summary = None
            status, answered, body = await self._exchange(Attempt(Call("GET", path), memory))
        if status == 304 and known:
            return known[1]
        memory.summary = (answered["ETag"], body)
        return body

    async def follow_events(self, **filters: calls.Query) -> AsyncGenerator[str]:
        """The revision token of each change, the current one first; ends only by an Unavailable."""
        path = calls.path_of("state", "events", **filters)
        headers = {**self.memory.headers, "Accept": "text/event-stream"}
        try:
            async with self._http.stream("GET", path, headers=headers, timeout=STREAM_TIMEOUT_S) as response:
                if response.status_code != 200:
                    raise refusal(response.status_code, await response.aread())
                token = told = ""
                async for line in response.aiter_lines():
                    if line.startswith("id: "):
                        token = line[4:].strip()
                    elif not line:  # the end of a message, or of a comment
                        if token not in ("", told):  # a change of both sections is two messages
                            told = token
                            self.memory.see(token)
                            yield token
                        token = ""
        except httpx2.HTTPError as error:
            raise Unavailable(f"the event stream of {self.base_url} broke off") from error
        raise Unavailable(f"the event stream of {self.base_url} ended")

    async def _exchange(self, attempt: Attempt) -> tuple[int, Mapping[str, str], bytes]:
        while True:
            call = attempt.call
            try:
                response = await self._http.request(
                    call.method, call.path, content=attempt.content, headers=attempt.headers, timeout=call.timeout_s
                )
            except httpx2.TimeoutException as error:
                await asyncio.sleep(attempt.broke(TimeoutError(str(error)), answered_before=self._answered))
                continue
            except httpx2.HTTPError as error:
                await asyncio.sleep(attempt.broke(error, answered_before=self._answered))
                continue
            self._answered = True
            if (pause := attempt.answered(response.status_code, response.headers, response.content)) is None:
                return response.status_code, response.headers, response.content
            await asyncio.sleep(pause)
