"""The stdio face: one client, on stdin and stdout."""

import asyncio

from mcp_server.server import HubServer


def run(server: HubServer) -> None:
    """Serve until stdin ends."""
    asyncio.run(_serve(server))


async def _serve(server: HubServer) -> None:
    try:
        await server.run_stdio_async()
    finally:
        await server.subscriptions.aclose()
        await server.hub.aclose()
