"""The composition root: settings in, an ASGI application out. The parts do not know each other; this module does."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from statehub.cache import SectionCache, Snapshot
from statehub.deltas import MOST_EVENTS, Event
from statehub.dispatch import Dispatch
from statehub.feed import Feed
from statehub.guard import Guard
from statehub.keyring import Keyring
from statehub.listener import Listener, connector
from statehub.metrics import Metrics
from statehub.openapi import document
from statehub.polling import Polled, poll
from statehub.readings import readings
from statehub.routes import (
    claims,
    classification,
    context,
    decisions,
    dependencies,
    documentation,
    export,
    imports,
    legacy,
    rows,
    search,
    state,
    summary,
    sync,
    trends,
)
from statehub.routes import feed as feed_routes
from statehub.routes.metering import Meter
from statehub.routes.operation import Operation
from statehub.settings import Settings
from statehub.store import ClaimScope, Rules, Store, create_pool
from statehub.waiting import Waiting

log = logging.getLogger(__name__)

PAUSE_S = 1.0  # before a part that failed begins anew
# in the order of their paths: a fixed one before one with a name in its place
OPERATIONS: tuple[Operation, ...] = (
    *state.operations,
    *feed_routes.operations,
    *claims.operations,
    *search.operations,
    *context.operations,
    *export.operations,
    *trends.operations,
    *rows.operations,
    *classification.operations,
    *decisions.operations,
    *dependencies.operations,
    *imports.operations,
    *legacy.operations,
    *sync.operations,
    *documentation.operations,
)


@cache
def openapi() -> str:
    """The OpenAPI document, as JSON."""
    # ASCII: a pattern names characters that nobody could see
    return json.dumps(document((summary.OPERATION, *OPERATIONS)), separators=(",", ":"))


class State(TypedDict):
    """What a request finds in `request.state`."""

    store: Store
    cache: SectionCache
    feed: Feed
    listener: Listener | None
    summary: summary.Summary
    metrics: Metrics
    rules: Rules
    waiting: Waiting[ClaimScope]
    openapi: Callable[[], str]
    meter: Meter


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """The API on the database at `database_url`. It starts, and answers 503, before the database does."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        pool = create_pool(database_url)
        store = Store(pool, settings.summary_limit)
        cache = SectionCache(store.get_summary)
        feed = Feed(lambda before, after: events_between(store, before, after), settings.sse_limit)
        cache.on_publish = feed.publish
        listener = None
        if settings.listen:
            connect = connector(settings.listen_url or database_url)
            listener = Listener(connect, lambda _section: cache.announce(), cache.invalidate)
        polled = Polled()
        served = summary.Summary(cache, settings.stale_limit)
        metrics = Metrics()
        cache.on_build, cache.on_fresh = metrics.built, metrics.publish_seconds.observe
        metrics.read_on_demand(readings(cache, feed, listener, pool, polled, served))
        await pool
        cache.invalidate()
        parts = [cache.run, feed.run, lambda: poll(store, cache, polled, settings.poll_interval, settings.listen)]
        if listener:
            parts.append(listener.run)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(kept(part, cache)) for part in parts]
            try:
                yield State(
                    store=store,
                    cache=cache,
                    feed=feed,
                    listener=listener,
                    summary=served,
                    metrics=metrics,
                    rules=Rules(settings.lease, settings.claim_limit),
                    waiting=Waiting(feed, lambda scope: store.get_next_chance(None, scope)),
                    openapi=openapi,
                    meter=Meter(store),
                )
            finally:
                for task in running:
                    task.cancel()
                await store.close()

    front = Front(Dispatch(OPERATIONS), Starlette(lifespan=lifespan))
    return Guard(
        front,
        settings.allowed_hosts,
        large={
            "/import": imports.MAX_BODY_BYTES,
            "/import/hub": imports.MAX_BODY_BYTES,
            sync.PATH: sync.MAX_BODY_BYTES,
        },
        keyring=Keyring(settings.api_token, settings.data_dir, required=not settings.on_loopback),
        prebuilt=(summary.PATH, summary.PATH + "/"),
        takes=front.takes,
    )


class Front:
    """The summary before everything, other requests by way of dispatch; the lifespan to Starlette."""

    def __init__(self, dispatch: Dispatch, starlette: ASGIApp) -> None:
        self.dispatch = dispatch
        self.starlette = starlette

    def takes(self, scope: Scope) -> bool:
        """Whether an operation takes this method at this path."""
        if scope["path"].rstrip("/") == summary.PATH:
            return scope["method"] in ("GET", "HEAD")
        return self.dispatch.takes(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.starlette(scope, receive, send)
        elif scope["path"] in (summary.PATH, summary.PATH + "/"):
            await scope["state"]["summary"](scope, receive, send)
        else:
            await self.dispatch(scope, receive, scope["state"]["metrics"].counted(scope, send))


async def events_between(store: Store, before: Snapshot, after: Snapshot) -> Sequence[Event] | None:
    """What the feed's filters look at; None when there is too much of it."""
    rows = await store.list_delta(before, after, MOST_EVENTS)
    return None if rows is None else [Event(**row) for row in rows]


async def kept(run: Callable[[], Awaitable[None]], cache: SectionCache) -> None:
    """Run a part for ever. An error that nobody foresaw ends an attempt, not the hub, which would serve old news."""
    while True:
        try:
            await run()
        except Exception as error:
            log.exception("a part of the hub failed; it begins anew")
            cache.suspect(error)
        await asyncio.sleep(PAUSE_S)
        cache.invalidate()


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told, wherever it is started."""
    return {
        "host": settings.host,
        "port": settings.api_port,
        "access_log": False,
        "proxy_headers": False,  # whoever runs on this machine could name any address; and it costs each request 2 %
        "server_header": False,
        "lifespan": "on",
        "timeout_graceful_shutdown": 5,
        "log_config": None,
    }
