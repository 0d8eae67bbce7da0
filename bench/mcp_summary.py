"""What does `get_state_summary` cost beside its parts?

The hub with 50 open plans and 200 waiting tasks, its MCP server as `custodian mcp` runs it, and a server of the same
SDK with one tool that answers nothing: the limit. One client at a time, the official one, over loopback or pipes.
(This file is not mcp.py: that would hide the SDK from itself.)

http, stdio       a call of the tool, by streamable HTTP (2026-07-28) and by stdio
empty             the empty tool, by the same transport
get               GET /state/summary on a connection that is kept

Calls take turns; a ratio is the median over the rounds of p50 to p50. `summary_vs_parts` is the greater of the two
transports'.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn
from _common import connect, make_database, paired_ratio, percentile, report, spread, temporary_server
from mcp import Client, StdioServerParameters
from mcp.server.mcpserver import MCPServer
from read_summary import CONTENT
from write_to_fresh import hub

from statehub.cli.parts import Part, mcp_part
from statehub.cli.ports import listen

ROUNDS, CALLS = 7, 100
MODE = "2026-07-28"
Once = Callable[[], Awaitable[object]]


def empty_server() -> MCPServer[Any]:
    """The limit: what the SDK costs by itself."""
    server: MCPServer[Any] = MCPServer("empty", log_level="ERROR")

    @server.tool()
    async def nothing() -> dict[str, Any]:
        return {}

    return server


def serve_empty(fd: str) -> None:
    """On that socket; or on stdin and stdout."""
    if fd == "stdio":
        empty_server().run()
        return
    app = empty_server().streamable_http_app(stateless_http=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([socket.socket(fileno=int(fd))])


@contextmanager
def ours(api: str) -> Iterator[str]:
    """Our MCP server's address."""
    with listen("127.0.0.1", 0) as listening:
        part: Part = mcp_part(listening, {**os.environ, "STATEHUB_API_URL": api})
        part.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            part.stop()


@contextmanager
def empty() -> Iterator[str]:
    """The empty server's address."""
    with listen("127.0.0.1", 0) as listening:
        fd = listening.fileno()
        process = subprocess.Popen([sys.executable, __file__, "serve", str(fd)], pass_fds=[fd])
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            process.terminate()
            process.wait(10)


def plain_get(port: int) -> Once:
    """The summary as the API serves it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)

    async def once() -> object:
        connection.request("GET", "/state/summary")
        return connection.getresponse().read()

    return once


@asynccontextmanager
async def callers(api: str, port: int, ours_at: str, empty_at: str) -> AsyncIterator[dict[str, Once]]:
    """What is compared: one call of each."""
    own = {**os.environ, "STATEHUB_API_URL": api}
    stdio = StdioServerParameters(
        command=sys.executable, args=["-m", "statehub.cli.main", "mcp", "--stdio"], env=own, cwd=str(Path.cwd())
    )
    limit = StdioServerParameters(command=sys.executable, args=[__file__, "serve", "stdio"], env=dict(os.environ))
    ways: dict[str, tuple[Any, str]] = {
        "http": (ours_at, "get_state_summary"), "http empty": (empty_at, "nothing"),
        "stdio": (stdio, "get_state_summary"), "stdio empty": (limit, "nothing"),
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        found: dict[str, Once] = {"get": plain_get(port)}
        for name, (target, tool) in ways.items():
            client = await stack.enter_async_context(Client(target, mode=MODE))
            await client.list_tools()

            async def once(client: Client = client, tool: str = tool) -> object:
                result = await client.call_tool(tool, {})
                assert not result.is_error, result.content
                return result

            found[name] = once
        yield found


async def measure(api: str, port: int, ours_at: str, empty_at: str) -> dict[str, list[float]]:
    """p50 of each, in milliseconds, round by round."""
    found: dict[str, list[float]] = {}
    async with callers(api, port, ours_at, empty_at) as variants:
        for _ in range(ROUNDS + 1):  # the first warms up
            took: dict[str, list[float]] = {name: [] for name in variants}
            for _ in range(CALLS):
                for name, once in variants.items():
                    began = time.perf_counter()
                    await once()
                    took[name].append(1000 * (time.perf_counter() - began))
            for name, times in took.items():
                found.setdefault(name, []).append(percentile(times, 50))
    return {name: p50s[1:] for name, p50s in found.items()}


def main() -> None:
    with temporary_server() as server:
        url = make_database(server)
        with connect(url) as owner:
            owner.execute(CONTENT)
            owner.execute("analyze")
        with hub(url) as (port, _part), empty() as empty_at:
            api = f"http://127.0.0.1:{port}"
            with ours(api) as ours_at:
                p50s = asyncio.run(measure(api, port, ours_at, empty_at))
    parts = {way: [a + b for a, b in zip(p50s[f"{way} empty"], p50s["get"], strict=True)] for way in ("http", "stdio")}
    ratios = {f"{way}_vs_parts": paired_ratio(p50s[way], parts[way]) for way in parts}
    report(
        "mcp_summary",
        "What does get_state_summary cost beside its parts?",
        ["", "p50, ms"],
        [[name, spread(values)] for name, values in p50s.items()],
        {"summary_vs_parts": max(ratios.values()), **ratios},
        {name.replace(" ", "_") + "_p50_ms": median(values) for name, values in p50s.items()},
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_empty(sys.argv[2])
    else:
        main()
