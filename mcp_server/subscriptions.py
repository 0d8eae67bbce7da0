"""Subscribers of resources are told when one reads differently than before, whoever changed the state.

One follower of `/state/events` serves all of them, from the first subscriber to
the last. A change is a hint: what is watched is read again and compared, so
nobody is told of what does not concern them, nor misses what no event explains.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp_types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    EmptyResult,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

from mcp_server.hub import Hub
from mcp_server.older import Older
from statehub.errors import StateHubError

log = logging.getLogger(__name__)
CONNECTED_WITHIN_S = 2.0
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 2.0
# a burst of changes is read once
PAUSE_S = 0.03
LISTEN = "subscriptions/listen"
NO_PUSH = (
    "this connection cannot be pushed to: connect by /sse or stdio, or with protocol 2026-07-28 "
    "(subscriptions/listen); or call wait_for_change"
)


class Subscriptions:
    """Who is subscribed to what, in both protocol eras. `text_of` reads a resource."""

    def __init__(self, hub: Hub, text_of: Callable[[str], Awaitable[str]]) -> None:
        self.bus = InMemorySubscriptionBus()
        self._hub = hub
        self._text_of = text_of
        self._watched: Counter[str] = Counter()
        self._texts: dict[str, str | None] = {}
        self._older: dict[Connection, Older] = {}
        self._following: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()
        self._news = asyncio.Event()

    def register(self, server: Server[Any]) -> None:
        """Serve resources/subscribe, for clients of older versions that can be pushed to."""
        server.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def before(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """A middleware: follows for as long as a listen stream of today's version is open."""
        if ctx.method != LISTEN or ctx.request_id is None:
            return await call_next(ctx)
        asked = (ctx.params or {}).get("notifications")
        named = asked.get("resourceSubscriptions") if isinstance(asked, dict) else None
        uris = [uri for uri in named if isinstance(uri, str)] if isinstance(named, list) else []
        try:
            await self._watch(uris)
            return await call_next(ctx)
        finally:
            self._unwatch(uris)

    async def aclose(self) -> None:
        """Stop following."""
        await _ended([*self._following, *(older.telling for older in self._older.values() if older.telling)])

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        connection, uri = ctx.session._connection, str(params.uri)
        if not connection.has_standalone_channel:
            raise MCPError(METHOD_NOT_FOUND, NO_PUSH)
        try:
            await self._text_of(uri)
        except ResourceNotFoundError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        except (ResourceError, StateHubError):
            pass  # the hub is away: told of when it is back
        if connection not in self._older:
            self._older[connection] = Older(connection)
            connection.exit_stack.callback(self._gone, connection)
        if uri not in self._older[connection].uris:
            self._older[connection].uris.add(uri)
            await self._watch([uri])
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        older, uri = self._older.get(ctx.session._connection), str(params.uri)
        if older and uri in older.uris:
            older.uris.remove(uri)
            older.untold.pop(uri, None)
            self._unwatch([uri])
        return EmptyResult()

    def _gone(self, connection: Connection) -> None:
        older = self._older.pop(connection)
        if older.telling:
            older.telling.cancel()
        self._unwatch(list(older.uris))

    async def _watch(self, uris: list[str]) -> None:
        """When this returns, no change of these is missed."""
        self._watched.update(uris)
        if not self._following or any(task.done() for task in self._following):  # one alone is of no use
            self._stop()
            self._following = [asyncio.create_task(self._follow()), asyncio.create_task(self._tell())]
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await self._connected.wait()
        for uri in uris:
            if uri not in self._texts:
                text = await self._read(uri)
                if uri in self._watched:  # else its subscriber has left meanwhile
                    self._texts.setdefault(uri, text)

    def _unwatch(self, uris: list[str]) -> None:
        self._watched.subtract(uris)
        self._watched += Counter()  # those that are above zero
        for uri in set(self._texts) - set(self._watched):
            del self._texts[uri]
        if not self._watched:
            self._stop()

    def _stop(self) -> None:
        for task in self._following:
            task.cancel()
        self._following = []
        self._connected.clear()

    async def _follow(self) -> None:
        """Something has changed: note it. The stream broke: begin another one."""
        pause = FIRST_RETRY_S
        while True:
            client, moved = self._hub.client, False
            try:
                async for _token in client.follow_events():
                    pause = FIRST_RETRY_S
                    self._news.set()
                    self._connected.set()
            except StateHubError as error:
                if pause == FIRST_RETRY_S:
                    log.warning("subscribers wait: %s", error.detail)
            self._connected.clear()
            with suppress(Exception):  # settings or a token file that are being mended: looked at again
                moved = self._hub.moved(client)
            if not moved:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LAST_RETRY_S)

    async def _tell(self) -> None:
        """Tell of each watched resource that reads differently now."""
        while True:
            await self._news.wait()
            self._news.clear()
            for uri in list(self._watched):
                if uri not in self._texts:  # its subscriber has had no answer yet: what is read then has this change
                    continue
                text = await self._read(uri)
                if text is not None and uri in self._texts and text != self._texts[uri]:
                    self._texts[uri] = text
                    await self._notify(uri)
            await asyncio.sleep(PAUSE_S)

    async def _notify(self, uri: str) -> None:
        await self.bus.publish(ResourceUpdated(uri=uri))
        for older in self._older.values():
            if uri in older.uris:
                older.tell(uri)

    async def _read(self, uri: str) -> str | None:
        try:
            return await self._text_of(uri)
        except (ResourceError, StateHubError):
            return None


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
