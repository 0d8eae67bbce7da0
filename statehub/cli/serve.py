"""`custodian serve`: the API in the foreground, in one process or several that share a socket."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import uvicorn

from statehub import embedded, logs
from statehub.app import create_app, uvicorn_options
from statehub.cli import binding
from statehub.cli.alone import alone
from statehub.cli.parts import STOP_WITHIN_S, api_part, look_after, stop_signals
from statehub.cli.ports import listen
from statehub.settings import Settings


class Server(uvicorn.Server):
    """uvicorn's, which when told to stop waits for open connections: so the streams are ended first."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        lifespan = getattr(self, "lifespan", None)  # there is none yet while the app is loaded
        if lifespan and (feed := lifespan.state.get("feed")):
            feed.close()
        super().handle_exit(sig, frame)


def serve(*, fd: int | None = None, with_parent: bool = False, replace: bool = False) -> None:
    """Serve until SIGTERM. `fd`: a listening socket that was handed over; `with_parent`: end when stdin does.

    `replace`: instead of the one that serves alone on that port already.
    """
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    if fd is None:  # else who opened the socket has looked
        binding.check(settings)
    if with_parent:
        threading.Thread(target=end_with_parent, daemon=True).start()
    # uvicorn, when it has shut down, raises the signal again: that must neither skip what follows nor be a failure
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: sys.exit(0))
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it: the terminal may go
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with ExitStack() as stack:
        if fd is None:
            stack.enter_context(alone(settings.data_dir, "api", settings.api_port, replace=replace))
        place = (
            stack.enter_context(listen(settings.host, settings.api_port)) if fd is None else socket.socket(fileno=fd)
        )
        url = stack.enter_context(_database(settings))
        Server(uvicorn.Config(create_app(settings, url), **uvicorn_options(settings))).run([place])


def serve_many(workers: int, *, replace: bool = False) -> None:
    """Several API processes on one socket, each with its own listener and cache; one that dies is started again."""
    settings = Settings.load()
    binding.check(settings)
    with ExitStack() as stack:
        stopping = stack.enter_context(stop_signals())
        stack.enter_context(alone(settings.data_dir, "api", settings.api_port, replace=replace))
        listening = stack.enter_context(listen(settings.host, settings.api_port))
        url = stack.enter_context(_database(settings))
        environment = {**os.environ, "STATEHUB_DATABASE_URL": url}
        parts = [api_part(listening, environment, f"api {number}") for number in range(1, workers + 1)]
        for part in parts:
            stack.callback(part.stop)
        look_after(parts, stopping)


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The configured database, else the embedded one, which runs while anybody uses it, and longer if it did before."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded.in_use(settings.data_dir) as start:
        yield start().url()


def end_with_parent() -> None:
    """The supervisor holds the other end of our stdin: when it dies, however it dies, so do we."""
    while os.read(0, 4096):  # not sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN_S)
    os.kill(os.getpid(), signal.SIGKILL)
