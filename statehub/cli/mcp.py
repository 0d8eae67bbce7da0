"""`custodian mcp`: the MCP server in the foreground, by HTTP or by stdio. The hub may come later, and come back."""

import logging
import signal
import socket
import sys
import threading
from contextlib import ExitStack

import uvicorn

from mcp_server import stdio
from mcp_server.http import create_app
from mcp_server.hub import Hub, Place
from mcp_server.server import HubServer, build_server
from statehub import logs
from statehub.cli import binding, hubfile
from statehub.cli.alone import alone
from statehub.cli.connect import token_for
from statehub.cli.parts import say
from statehub.cli.ports import listen
from statehub.cli.serve import end_with_parent
from statehub.settings import Settings, url_of

STOP_WITHIN_S = 1


def find_hub() -> Place:
    """The settings' hub, else the one that runs on this data directory, else where one would be."""
    settings = Settings.load()
    hub = None if settings.api_url else hubfile.read(settings.data_dir)
    url = hub["api"] if hub else settings.base_url
    return Place(url, token_for(settings, url, ours=hub is not None))


def make_server(settings: Settings) -> HubServer:
    """A server on the hub that is found."""
    return build_server(Hub(find_hub), repo_roots=settings.repo_roots, list_legacy=settings.mcp_list_legacy)


def serve_stdio() -> None:
    """Serve one client on stdin and stdout."""
    settings = _settings()
    stdio.run(make_server(settings))


def serve(*, fd: int | None = None, with_parent: bool = False, replace: bool = False) -> None:
    """Serve HTTP until SIGTERM. `fd`: a listening socket that was handed over; `with_parent`: end when stdin does.

    `replace`: instead of the one that serves alone on that port already.
    """
    settings = _settings()
    if with_parent:
        threading.Thread(target=end_with_parent, daemon=True).start()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        if fd is None:  # else who opened the socket has looked
            binding.check(settings)
            stack.enter_context(alone(settings.data_dir, "mcp", settings.mcp_port, replace=replace))
            place = stack.enter_context(listen(settings.host, settings.mcp_port, "STATEHUB_MCP_PORT"))
            say(f"MCP: {url_of(*place.getsockname()[:2])}/mcp, and /sse; Ctrl-C ends it")
        else:
            place = socket.socket(fileno=fd)
        config = uvicorn.Config(
            create_app(make_server(settings), settings), access_log=False, proxy_headers=False, server_header=False,
            lifespan="on", timeout_graceful_shutdown=STOP_WITHIN_S, log_config=None,
        )  # fmt: skip
        uvicorn.Server(config).run([place])


def _settings() -> Settings:
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    for name in ("mcp", "httpx2"):  # they tell of every refusal, and of every request
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    return settings
