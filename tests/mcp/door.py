"""The MCP server as it runs, and clients of it: the official one, on each transport, in both protocol eras."""

import http.client
import json
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp_types import CallToolResult, Implementation

from mcp_server.http import create_app
from mcp_server.hub import Hub as SeenHub
from mcp_server.hub import Place
from mcp_server.server import build_server
from statehub.settings import Settings
from tests.running import NO_DATA, Answer, eventually

MODERN = "2026-07-28"
HTTP, HTTP_OLDER, SSE, STDIO, STDIO_OLDER = "http", "http, older", "sse", "stdio", "stdio, older"
WAYS = (HTTP, HTTP_OLDER, SSE, STDIO)
NAME = "tester-7"
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Door:
    """A running MCP server on the hub at `api`."""

    api: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> Answer:
        """One plain request; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if document is None else json.dumps(document)
        if body is not None:
            sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"} | sent
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


@contextmanager
def open_door(
    api: str,
    *,
    token: str | None = None,
    locate: Callable[[], Place] | None = None,
    port: int = 0,
    room_bytes: int | None = None,
    list_legacy: bool = False,
    **settings: Any,
) -> Iterator[Door]:
    """An MCP server in a thread, with its own event loop.

    `locate` is where its hub is, should that move; `room_bytes` what a connection takes that nobody reads.
    """
    chosen = Settings(**{"data_dir": NO_DATA, **settings})
    seen = SeenHub(locate or (lambda: Place(api, token)))
    server = build_server(seen, repo_roots=chosen.repo_roots, list_legacy=list_legacy)
    config = uvicorn.Config(
        create_app(server, chosen), lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", port))) as place:
        if room_bytes:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room_bytes)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [place]}, name="mcp")
        thread.start()
        try:
            eventually(lambda: running.started or not thread.is_alive(), "the MCP server starts", within_s=20)
            assert running.started
            yield Door(api, place.getsockname()[1])
        finally:
            running.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive(), "the MCP server does not stop"


def by_stdio(api: str, **settings: str) -> StdioServerParameters:
    """`custodian mcp --stdio` for the hub at `api`."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "STATEHUB_DATA_DIR": str(NO_DATA)}
    environment |= {"STATEHUB_API_URL": api, "XDG_CONFIG_HOME": str(NO_DATA), **settings}
    return StdioServerParameters(
        command=sys.executable, args=["-m", "statehub.cli.main", "mcp", "--stdio"], env=environment, cwd=str(ROOT)
    )


@asynccontextmanager
async def connected(door: Door, way: str, **options: Any) -> AsyncIterator[Client]:
    """The official client, by this way."""
    mode = "legacy" if way in (HTTP_OLDER, SSE, STDIO_OLDER) else MODERN if way == HTTP else "auto"
    target: Any = door.url + "/mcp"
    if way == SSE:
        target = sse_client(door.url + "/sse")
    elif way in (STDIO, STDIO_OLDER):
        target = by_stdio(door.api)
    info = Implementation(name=NAME, version="1")
    async with Client(target, mode=mode, client_info=info, **options) as client:
        yield client


async def use(client: Client, tool: str, **arguments: Any) -> Any:
    """The structured content of its answer, which its text says too."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, (tool, result.content)
    assert result.structured_content is not None
    if tool != "get_context":
        assert json.loads(text_of(result)) == result.structured_content
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """What it says when it cannot."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, (tool, result.content)
    return text_of(result)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text
