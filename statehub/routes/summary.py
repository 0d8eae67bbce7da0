"""`GET /state/summary`: the hit path. Plain ASGI, below Starlette's routing: no query, no encoding."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from statehub import answers
from statehub.cache import SectionCache, Snapshot
from statehub.errors import Gone, Malformed, StateHubError, Unavailable
from statehub.filters import Query
from statehub.labels import covering, covers
from statehub.problems import problem
from statehub.rendered import CACHE_STATUS, HIT, MISS, REFRESH, STALE, STALE_ERROR, Rendered
from statehub.routes.operation import Answer, Operation
from statehub.tokens import Token

PATH = "/state/summary"
BUILD_TIMEOUT_S = 10.0


class SummaryQuery(Query):
    """`refresh`: built after this request, while the caller waits."""

    refresh: bool = False


OPERATION = Operation(
    "GET", PATH, None, "get_summary", "The whole picture in one call",
    {200: Answer(answers.Summary, headers=("ETag", "X-StateHub-Revision", "X-StateHub-Cache", "Age", "Cache-Status")),
     304: Answer(None, "what If-None-Match named is current", headers=("ETag", "X-StateHub-Revision"))},
    "state", query=SummaryQuery, errors=(410,), headers=("If-None-Match", "X-StateHub-Min-Revision"),
)  # fmt: skip

_NO_BODY: Message = {"type": "http.response.body", "body": b""}


class Summary:
    """The ASGI application at PATH."""

    def __init__(self, cache: SectionCache, stale_limit_s: float) -> None:
        self.cache = cache
        self.stale_limit_s = stale_limit_s
        self.served = dict.fromkeys(CACHE_STATUS, 0)
        self._rendered: tuple[Snapshot, Rendered] | None = None
        self._accepts: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            answer = problem(405, "Method not allowed", f"{PATH} takes GET, HEAD", PATH, allow="GET, HEAD")
            return await answer(scope, receive, send)
        gzipped = forced = False
        known = least = None
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                gzipped = self._accepts_gzip(value)
            elif name == b"if-none-match":
                known = value if known is None else known + b"," + value
            elif name == b"cache-control":
                forced = forced or b"no-cache" in value.lower()
            elif name == b"x-statehub-min-revision":
                least = value
        try:
            if scope["query_string"]:
                forced = _wants_refresh(scope["query_string"]) or forced
            label, snapshot = (await self._refreshed()) if forced else self._served()
            if snapshot is None:
                label, snapshot = MISS, (await self._refreshed())[1]
            if least is not None:
                label, snapshot = await self._at_least(least, label, snapshot)
        except StateHubError as error:
            answer = problem(error.status, error.title, error.detail, PATH)
            return await answer(scope, receive, send)
        self.served[label] += 1
        rendered = self.render(snapshot)
        status = 304 if known is not None and _matches(known, rendered.etag) else 200
        cache = self.cache
        await send(rendered.start(status, label, gzipped, int(cache.clock() - cache.verified_at)))
        await send(_NO_BODY if status == 304 or method == "HEAD" else rendered.rest(gzipped))
        return None

    def render(self, snapshot: Snapshot) -> Rendered:
        """The snapshot as HTTP, made once."""
        if self._rendered is None or self._rendered[0] is not snapshot:
            self._rendered = (snapshot, Rendered(snapshot))
        return self._rendered[1]

    def _served(self) -> tuple[str, Snapshot | None]:
        """The last good snapshot and what it is; None before the first. Never waits."""
        cache = self.cache
        if cache.failure is None:
            return (HIT if cache.done >= cache.want else STALE), cache.snapshot
        if cache.snapshot is not None and cache.age_s > self.stale_limit_s:
            raise Unavailable(
                f"the database has been away for {cache.age_s:.0f} s; the limit is {self.stale_limit_s:.0f} s"
            )
        return STALE_ERROR, cache.snapshot

    async def _at_least(self, least: bytes, label: str, snapshot: Snapshot) -> tuple[str, Snapshot]:
        """A snapshot that includes what the token's holder has seen: the one at hand, else one that is built now."""
        known = self.render(snapshot).covers
        if least in known:  # mostly its own token: a client that reads again sends what it was given
            return label, snapshot
        token = Token.parse(least.decode("latin-1"))
        if covers(snapshot, token):
            if len(known) < 100:
                known.add(least)
            return label, snapshot
        snapshot = await covering(self.cache, token, BUILD_TIMEOUT_S)
        if not covers(snapshot, token):
            raise Gone("the token is of another epoch: the database was restored, or another one took over; drop it")
        return REFRESH, snapshot

    async def _refreshed(self) -> tuple[str, Snapshot]:
        try:
            return REFRESH, await self.cache.refresh(BUILD_TIMEOUT_S)
        except StateHubError:
            raise
        except TimeoutError:
            raise Unavailable(f"no new summary within {BUILD_TIMEOUT_S:.0f} s; try again in a moment") from None
        except Exception as error:
            raise Unavailable("the summary could not be built; the log says why") from error

    def _accepts_gzip(self, value: bytes) -> bool:
        """Whether `Accept-Encoding` allows gzip (RFC 9110 12.5.3). Remembered: clients send few variants."""
        if (known := self._accepts.get(value)) is None:
            if len(self._accepts) > 100:
                self._accepts.clear()
            known = self._accepts[value] = _quality(value, b"gzip") > 0
        return known


def _quality(header: bytes, coding: bytes) -> float:
    wildcard = 0.0
    for part in header.lower().split(b","):
        name, _, parameter = part.partition(b";")
        try:
            quality = float(parameter.strip().removeprefix(b"q=") or 1)
        except ValueError:
            quality = 0.0
        if name.strip() == coding:
            return quality
        if name.strip() == b"*":
            wildcard = quality
    return wildcard


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison: `W/` does not count."""
    if if_none_match == etag:
        return True
    opaque = etag.removeprefix(b"W/")
    return any(tag.strip().removeprefix(b"W/") in (opaque, b"*") for tag in if_none_match.split(b","))


def _wants_refresh(query: bytes) -> bool:
    pairs: dict[Any, Any] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    value = pairs.pop("refresh", "false").lower()
    if pairs or value not in ("true", "1", "false", "0"):
        raise Malformed(f"{PATH} takes refresh=true and nothing else")
    return bool(value in ("true", "1"))
