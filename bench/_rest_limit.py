"""For rest: the least that an ASGI application can do for the four operations with asyncpg.

The hub's own named queries with the hub's arguments, from a pool like the hub's, and their text as it comes. It routes
nothing, checks nothing, counts nothing, and has no headers but two.
"""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from statehub.queries import queries
from statehub.store import create_pool

AUTHOR = ("anonymous", "agent")


async def call(scope: Scope, receive: Receive) -> tuple[str, tuple[Any, ...]]:
    """The query that the hub would run, and its arguments."""
    name = scope["path"][len("/tasks/") :]
    if scope["method"] == "GET":
        if name:
            return "get_row", ("tasks", name)
        filters = {key: [value] for key, value in parse_qsl(scope["query_string"].decode())}
        limit = int(filters.pop("limit")[0])
        return "list_rows", ("tasks", json.dumps(filters), "created_at", None, None, limit)
    doc = (await receive())["body"].decode()
    if name:
        return "update_row", (*AUTHOR, "tasks", name, doc, None, None)
    return "create_row", (*AUTHOR, "tasks", doc)


def create_app(url: str) -> ASGIApp:
    """The application on the database at `url`."""
    pool: Any = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pool
        if scope["type"] == "lifespan":
            await receive()
            pool = await create_pool(url)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        query, args = await call(scope, receive)
        body = (await pool.fetchrow(queries()[query], *args))[0].encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
