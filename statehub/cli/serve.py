"""`custodian serve`: one API process in the foreground."""

import os
import signal
import socket
import sys
import threading

import uvicorn

from statehub import embedded, logs
from statehub.app import create_app, uvicorn_options
from statehub.settings import Settings


def serve(*, fd: int | None = None, with_parent: bool = False) -> None:
    """Serve until SIGTERM. `fd`: a listening socket that was handed over; `with_parent`: end when stdin does."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    server = None if settings.database_url else embedded.start(settings.data_dir)
    url = settings.database_url or (server.url() if server else "")
    config = uvicorn.Config(create_app(settings, url), **uvicorn_options(settings))
    sockets = None if fd is None else [socket.socket(fileno=fd)]
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # uvicorn, when it has shut down, raises the signal again: that must neither skip what follows nor be a failure
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: sys.exit(0))
    try:
        uvicorn.Server(config).run(sockets)
    finally:
        if server and server.started:
            embedded.stop(settings.data_dir)


def _end_with_parent() -> None:
    """The supervisor holds the other end of our stdin: when it dies, however it dies, so do we."""
    while os.read(0, 4096):  # not sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
