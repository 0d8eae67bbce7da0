"""The dashboard's server as it runs, on pages that are small enough to know by heart."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from statehub.cli.dashboard import STOP_WITHIN_S, Server
from statehub.dashboard.app import create_app
from statehub.dashboard.hub import Place
from statehub.settings import Settings
from tests.conftest import Database
from tests.running import NO_DATA, Hub, eventually

INLINE = "\nimport './_observablehq/client.0123abcd.js';\nconsole.log(\"a < b && c\");\n"
INDEX = f"""<!doctype html><meta charset="utf-8"><title>Overview — Übersicht</title>
<link rel="stylesheet" href="./_observablehq/theme.89abcdef.css">
<script type="module">{INLINE}</script><script src="./_observablehq/client.0123abcd.js"></script>
<body onload="alert(1)"><p>overview</p></body>
"""
FILES = {
    "index.html": INDEX,
    "workstreams.html": "<!doctype html><title>w</title><p>workstreams</p>",
    "404.html": "<!doctype html><base href='/'><p>not ours</p>",
    "_observablehq/client.0123abcd.js": "export default 1;\n",
    "_observablehq/theme.89abcdef.css": "p { color: green }\n",
    "_file/data/core.fedcba98.json": '{"n": 1}\n',
    "robots.txt": "User-agent: *\n",
}


def write_pages(folder: Path, files: dict[str, str] = FILES) -> Path:
    """That folder, with these files in it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@dataclass
class Board(Hub):
    """A running dashboard; it is asked as a hub is. `stop` is what a signal does."""

    stop: Callable[[], None]


@contextmanager
def open_board(
    locate: str | Callable[[], Place], folder: Path | None, *, author: str = "tester",
    within: Callable[[ASGIApp], ASGIApp] = lambda app: app, **settings: Any,
) -> Iterator[Board]:  # fmt: skip
    """A dashboard in a thread, with its own event loop, for the hub at that address; `within` what stands before it."""
    chosen = Settings(**{"data_dir": NO_DATA, **settings})
    find = (lambda: Place(locate)) if isinstance(locate, str) else locate
    config = uvicorn.Config(
        within(create_app(chosen, find, author, folder)), lifespan="on", log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=STOP_WITHIN_S,
    )  # fmt: skip
    server = Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, name="dashboard")
        thread.start()

        def stop() -> None:
            server.servers[0].get_loop().call_soon_threadsafe(server.handle_exit, 15, None)
            thread.join(timeout=20)

        try:
            eventually(lambda: server.started or not thread.is_alive(), "the dashboard starts", within_s=20)
            assert server.started
            yield Board(place.getsockname()[1], Database("postgresql://nowhere"), {}, stop)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive(), "the dashboard does not stop"
