"""The HTTP face: `/mcp` (streamable HTTP), `/sse` and `/messages/` in one app, behind the same guard as the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.types import ASGIApp

from mcp_server.names import Named
from mcp_server.server import HubServer
from statehub.guard import Guard
from statehub.keyring import Keyring
from statehub.settings import Settings

# the guard does that, for all paths, and answers as the API does
_GUARDED = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def create_app(server: HubServer, settings: Settings) -> ASGIApp:
    """An ASGI app. `/mcp` is stateless, so that a restart breaks no client."""
    streamable = server.streamable_http_app(stateless_http=True, transport_security=_GUARDED)
    sse = server.sse_app(transport_security=_GUARDED)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            try:
                yield
            finally:
                await server.subscriptions.aclose()
                await server.hub.aclose()

    app = Starlette(routes=[*streamable.routes, *sse.routes], lifespan=lifespan)
    app.router.redirect_slashes = False
    return Guard(
        Named(app),
        settings.allowed_hosts,
        keyring=Keyring(settings.api_token, settings.data_dir, required=not settings.on_loopback),
    )
