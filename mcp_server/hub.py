"""The hub as the tools see it: one client, found anew when the hub has moved; each call in the name of who asked."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from statehub.async_client import AsyncClient
from statehub.calls import Call
from statehub.errors import Unavailable

T = TypeVar("T")
NOBODY = "mcp"


class Place(NamedTuple):
    """Where the hub is, and the access token for it."""

    url: str
    token: str | None = None


@dataclass(frozen=True)
class Speaker:
    """Who calls a tool: the name for the events; the Authorization they came with, which is sent on."""

    author: str | None = None
    authorization: str | None = None


speaker: ContextVar[Speaker] = ContextVar("speaker", default=Speaker())  # noqa: B039  (frozen)


class Hub:
    """Sends calls to the hub that `locate` finds."""

    def __init__(self, locate: Callable[[], Place]) -> None:
        self._locate = locate
        self.place = locate()
        self.client = AsyncClient(self.place.url, token=self.place.token)
        self._former: list[AsyncClient] = []

    async def do(self, call: Call[T], *, agent: str | None = None) -> T:
        """The answer. `agent` is the author where the caller has no name. Raises StateHubError."""
        said, client = _said(call, agent), self.client
        try:
            return await client.do(said)
        except Unavailable:
            if not self.moved(client):
                raise
            return await self.client.do(said)

    async def get_summary(self) -> bytes:
        """The summary as it is served, never older than what was seen here."""
        client = self.client
        try:
            return await client.get_summary()
        except Unavailable:
            if not self.moved(client):
                raise
            return await self.client.get_summary()

    def moved(self, client: AsyncClient) -> bool:
        """Whether the hub is elsewhere than where this client asked; then we ask there from now on."""
        if client is not self.client:  # another call has found it
            return True
        if (place := self._locate()) == self.place:
            return False
        found = AsyncClient(place.url, token=place.token)
        self._former.append(client)  # others may be waiting for its answer
        self.place, self.client = place, found
        return True

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (*self._former, self.client):
            await client.__aexit__()


def _said(call: Call[T], agent: str | None) -> Call[T]:
    who = speaker.get()
    headers = dict(call.headers)
    if who.authorization:
        headers["Authorization"] = who.authorization
    if call.writes:
        headers["X-StateHub-Author"] = quote(who.author or agent or NOBODY)
        headers["X-StateHub-Author-Kind"] = "agent"
        headers.setdefault("Idempotency-Key", uuid.uuid4().hex)  # the same one should the hub have moved
    return replace(call, headers=headers)
