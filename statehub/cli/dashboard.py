"""`custodian dashboard`: the pages for people in the foreground. The hub may come later, go, and come back."""

import logging
import signal
import socket
import sys
import threading
from contextlib import ExitStack
from types import FrameType

import uvicorn

from statehub import logs
from statehub.cli import binding, hubfile
from statehub.cli.connect import tokens_for, user
from statehub.cli.links import shown
from statehub.cli.parts import say
from statehub.cli.ports import listen
from statehub.cli.serve import end_with_parent
from statehub.dashboard.app import create_app
from statehub.dashboard.folders import MISSING, find
from statehub.dashboard.hub import Place
from statehub.errors import NotFound
from statehub.settings import Settings, url_of

STOP_WITHIN_S = 1


class Server(uvicorn.Server):
    """uvicorn's, which when told to stop waits for open connections: so the streams are ended first."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        lifespan = getattr(self, "lifespan", None)  # there is none yet while the app is loaded
        if lifespan and (forward := lifespan.state.get("forward")):
            forward.end_streams()
        super().handle_exit(sig, frame)


def find_hub(settings: Settings) -> Place:
    """The settings' hub, else the one that runs on this data directory, else where one would be."""
    hub = None if settings.api_url else hubfile.read(settings.data_dir)
    url = hub["api"] if hub else settings.base_url
    return Place(url, tuple(tokens_for(settings, url, ours=hub is not None)))


def serve(*, fd: int | None = None, with_parent: bool = False, with_pages: bool = True) -> None:
    """Serve until SIGTERM. `fd`: a listening socket that was handed over; `with_parent`: end when stdin does.

    Raises NotFound where there are no pages.
    """
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    logging.getLogger("httpx2").setLevel(max(logging.WARNING, logging.getLogger().level))  # it tells of every request
    folder = find()
    if with_pages and folder is None:
        raise NotFound(MISSING)
    if with_parent:
        threading.Thread(target=end_with_parent, daemon=True).start()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        if fd is None:  # else who opened the socket has looked
            binding.check(settings)
            place = stack.enter_context(listen(settings.host, settings.dashboard_port, "STATEHUB_DASHBOARD_PORT"))
            if with_pages:
                address = shown(settings, url_of(*place.getsockname()[:2]), private=sys.stderr.isatty())
                say(f"dashboard: {address}; Ctrl-C ends it")
        else:
            place = socket.socket(fileno=fd)
        config = uvicorn.Config(
            create_app(settings, lambda: find_hub(settings), user(), folder if with_pages else None),
            access_log=False, proxy_headers=False, server_header=False, lifespan="on",
            timeout_graceful_shutdown=STOP_WITHIN_S, log_config=None,
        )  # fmt: skip
        Server(config).run([place])
