"""`/api/…` is the API's `/…`: bodies and event streams pass as they come, in both directions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from urllib.parse import quote

import httpx2
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from statehub.dashboard.hub import Place, Whereabouts
from statehub.problems import problem

PREFIX = b"/api"
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 330.0  # an import may take 300 s
KEEP_IDLE_S = 2.0  # less than the API does: what it is about to close is not written to
_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
# the guard has looked at where it comes from, and the API would compare that with its own address; the cookie is ours
_OURS = _HOP | {b"host", b"cookie", b"origin", b"referer", b"authorization", b"expect"}
_ADDED = _HOP | {b"date"}

Headers = list[tuple[bytes, bytes]]


class Forward:
    """Sends what it is asked on to the hub that `locate` finds. Writes that name no author are by `author`, a human."""

    def __init__(self, locate: Callable[[], Place], author: str) -> None:
        self.whereabouts = Whereabouts(locate)
        self.author = author
        self._stopping = False
        self._streams: set[asyncio.Task[None]] = set()
        self._http = httpx2.AsyncClient(
            limits=httpx2.Limits(keepalive_expiry=KEEP_IDLE_S),
            timeout=httpx2.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S),
            trust_env=False,  # a proxy has no business between a machine and itself
        )

    def end_streams(self) -> None:
        """End every event stream: a server that stops would wait for them."""
        self._stopping = True
        for task in self._streams:
            task.cancel()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            allow = ", ".join(sorted(METHODS))
            answer = problem(405, "Method not allowed", "the API has no such method", scope["path"], allow=allow)
            await answer(scope, receive, send)
        elif not scope["raw_path"].startswith(PREFIX + b"/") or {".", ".."} & set(scope["path"].split("/")):
            await problem(404, "Not found", "no such route", scope["path"])(scope, receive, send)
        else:
            await self._forward(scope, receive, send)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive, there=_has(scope, b"content-length") or _has(scope, b"transfer-encoding"))
        exchange = asyncio.create_task(self._exchange(scope, body, send))
        gone = asyncio.create_task(body.left())
        try:
            await asyncio.wait({exchange, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (exchange, gone):
                task.cancel()
            await asyncio.wait({exchange, gone})
        if not exchange.cancelled():
            exchange.result()

    async def _exchange(self, scope: Scope, body: "Body", send: Send) -> None:
        path = scope["path"]
        try:
            response = await self._answer(scope, body)
        except httpx2.HTTPError as error:
            url = self.whereabouts.place().url
            if isinstance(error, httpx2.TimeoutException) and not isinstance(error, httpx2.ConnectTimeout):
                answer = problem(504, "Gateway timeout", f"the hub at {url} did not answer in time; try again", path)
            else:
                answer = problem(502, "Bad gateway", f"the hub at {url} is away; start it with: custodian up", path)
            await _send(answer, scope, send)
            return
        try:
            if response.status_code == 401 and not _has(scope, b"authorization"):
                # whoever asks is welcome here: that the hub does not take our token is not theirs to mend
                why = "the hub does not take the dashboard's access token; custodian doctor says more"
                await _send(problem(502, "Bad gateway", why, path), scope, send)
                return
            found = ((name.lower(), value) for name, value in response.headers.raw)
            headers = [(name, _moved(name, value)) for name, value in _passed(found, _ADDED)]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            if not await self._carry(response, send):
                return  # the server then ends the connection: that tells that there is something missing
        finally:
            await response.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _carry(self, response: httpx2.Response, send: Send) -> bool:
        """Pass the body on; whether it is whole. A stream of events may end anywhere, and does when we stop."""
        streams = response.headers.get("content-type", "").startswith("text/event-stream")
        if task := asyncio.current_task() if streams else None:
            self._streams.add(task)
        try:
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except httpx2.HTTPError:
            return streams
        except asyncio.CancelledError:
            if not (streams and self._stopping):
                raise
        finally:
            if task:
                self._streams.discard(task)
        return True

    async def _answer(self, scope: Scope, body: "Body") -> httpx2.Response:
        """The answer's head. Asked once more where the hub has moved, or where that can do nothing twice."""
        place = self.whereabouts.place()
        try:
            return await self._http.send(self._request(scope, place, body), stream=True)
        except httpx2.HTTPError as error:
            moved = self.whereabouts.place(anew=True)
            reads = scope["method"] in ("GET", "HEAD") and isinstance(error, (httpx2.ReadError, httpx2.ProtocolError))
            if body.begun or (moved == place and not reads):
                raise
        return await self._http.send(self._request(scope, moved, body), stream=True)

    def _request(self, scope: Scope, place: Place, body: "Body") -> httpx2.Request:
        base = httpx2.URL(place.url)
        target = base.raw_path.rstrip(b"/") + scope["raw_path"][len(PREFIX) :]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        headers = _passed(scope["headers"], _OURS)
        headers = [pair for pair in headers if not pair[0].startswith(b"sec-fetch-")]
        if authorization := place.authorization(scope.get("state", {}).get("bearer")):
            headers.append((b"authorization", authorization.encode()))
        else:  # we have none: the hub may take theirs
            headers += [pair for pair in scope["headers"] if pair[0] == b"authorization"]
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not _has(scope, b"x-statehub-author"):
            headers.append((b"x-statehub-author", quote(self.author).encode()))
            headers.append((b"x-statehub-author-kind", b"human"))
        url = base.copy_with(raw_path=target)
        return httpx2.Request(scope["method"], url, headers=headers, content=aiter(body) if body.there else None)


class Body:
    """What is being sent to us: read once, and then listened to for whether somebody still waits for the answer."""

    def __init__(self, receive: Receive, *, there: bool) -> None:
        self._receive = receive
        self._ended = asyncio.Event()
        self.there = there
        self.begun = False
        if not there:
            self._ended.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun = True
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            if body := message.get("body"):
                yield body
            more = message.get("more_body", False)
        self._ended.set()

    async def left(self) -> None:
        """Return when the client has gone."""
        await self._ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _passed(headers: Iterable[tuple[bytes, bytes]], dropped: frozenset[bytes]) -> Headers:
    """Without what is between two neighbours only."""
    found = list(headers)
    named = {word.strip().lower() for name, value in found if name == b"connection" for word in value.split(b",")}
    return [pair for pair in found if pair[0] not in dropped and pair[0] not in named]


def _moved(name: bytes, value: bytes) -> bytes:
    """A path of the API in a header, as it is called here."""
    if name == b"location" and value.startswith(b"/"):
        return PREFIX + value
    return value.replace(b"</", b"<" + PREFIX + b"/") if name == b"link" else value


def _has(scope: Scope, name: bytes) -> bool:
    return any(found == name for found, _ in scope["headers"])


async def _send(answer: Response, scope: Scope, send: Send) -> None:
    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await answer(scope, nothing, send)
