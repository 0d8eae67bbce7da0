"""A stateless server's memory of a client's name: the session id, which the client itself keeps, says it.

Clients of older versions say their name once, in `initialize`. The id that they
are given there is that name, so it holds through any restart. It proves nothing
and opens nothing: who may come in, the guard has decided.
"""

import base64
import binascii
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"mcp-session-id"
PATH = "/mcp"
LONGEST = 200
_MARK = "name."


def session_id(name: str) -> str:
    """The id for a client of that name."""
    return _MARK + base64.urlsafe_b64encode(name[:LONGEST].encode()).decode().rstrip("=")


def name_in(session: str) -> str:
    """The name that an id says; empty where it is none of ours."""
    text = session.removeprefix(_MARK)
    if text == session or len(text) > 8 * LONGEST:
        return ""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""


class Named:
    """Adds the session id to the answer of an `initialize`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        messages: list[Message] = []
        while not messages or (messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False)):
            messages.append(await receive())
        name = _name_of(b"".join(message.get("body", b"") for message in messages))

        async def replayed() -> Message:
            return messages.pop(0) if messages else await receive()

        async def named(message: Message) -> None:
            if name and message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (HEADER, session_id(name).encode())]}
            await send(message)

        return await self.app(scope, replayed, named)


def _name_of(body: bytes) -> str:
    """Who says `initialize` there."""
    if b'"initialize"' not in body:
        return ""
    try:
        message = json.loads(body)
        name = message["params"]["clientInfo"]["name"] if message["method"] == "initialize" else ""
        return name if isinstance(name, str) else ""
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
