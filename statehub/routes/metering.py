"""Legacy operations: each call is counted, and answered with what says that it will end (RFC 9745, RFC 8594)."""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from statehub.errors import StateHubError
from statehub.routes.operation import Handler
from statehub.routes.respond import on_error
from statehub.sqlstates import Repeat
from statehub.store import Store

log = logging.getLogger(__name__)

# when "workstream" became "workplan"
DEPRECATED_AT = datetime(2026, 11, 23, tzinfo=UTC)
DEPRECATION = f"@{int(DEPRECATED_AT.timestamp())}"
# an answer waits no longer than this for its own counting
PATIENCE_S = 1.0
LONGEST_CALLER = 200
UNKNOWN = "unknown"
OLDER_WORDS = {"workplan": "workstream_id", "repo": "repo_id", "topic": "topic_id"}
HEADERS = ("Deprecation", "Sunset", "Link")


class Meter:
    """Counts uses of our own REST interfaces. What cannot be counted is logged once, until it works again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.failing = False

    async def count(self, name: str, caller: str) -> datetime | None:
        """One more use; the interface's sunset, where one is set and known."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                sunset = await self.store.count_use("rest", name, caller)
        except (StateHubError, Repeat, TimeoutError) as error:
            if not self.failing:
                log.warning("a use of the legacy interface %s could not be counted: %r", name, error)
            self.failing = True
            return None
        self.failing = False
        return sunset


def caller_of(request: Request) -> str:
    """Who calls: the token's name, else the User-Agent."""
    named: str | None = getattr(request.state, "caller", None)
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return named or agent.strip()[:LONGEST_CALLER] or UNKNOWN


def metered(handle: Handler, name: str | None = None, successor: str = "") -> Handler:
    """The handler, each call counted under `name` whatever it is answered.

    Without a name: only where the handler has said by `spoke_legacy` that the request used one.
    """

    async def counted(request: Request) -> Response:
        if name is not None:
            spoke_legacy(request, name, successor)
        try:
            answer = await handle(request)
        except StateHubError as error:
            if hasattr(request.state, "legacy"):
                _say_in_older_words(error)
            answer = await on_error(request, error)
        used: tuple[str, str] | None = getattr(request.state, "legacy", None)
        if used is not None:
            sunset = await request.state.meter.count(used[0], caller_of(request))
            answer.headers["Deprecation"] = DEPRECATION
            if sunset is not None:
                answer.headers["Sunset"] = format_datetime(sunset.astimezone(UTC), usegmt=True)
            links = [answer.headers["Link"]] if "Link" in answer.headers else []
            answer.headers["Link"] = ", ".join([*links, f'<{_successor(request, *used)}>; rel="successor-version"'])
        return answer

    return counted


def _successor(request: Request, name: str, successor: str) -> str:
    path = request.scope["path"]
    below = path.removeprefix(name) if path.startswith(name) else ""
    return quote(successor + below)


def _say_in_older_words(error: StateHubError) -> None:
    """A pointer leads to what was sent."""
    for fault in error.extra.get("errors", []):
        way, _, last = fault["pointer"].rpartition("/")
        fault["pointer"] = f"{way}/{OLDER_WORDS.get(last, last)}" if last else fault["pointer"]


def spoke_legacy(request: Request, name: str, successor: str) -> None:
    """This request uses the legacy interface of that name; `successor`: the path to use instead."""
    request.state.legacy = (name, successor)
