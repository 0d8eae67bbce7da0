"""`make dashboard`: the preview stands behind the same door as the built pages, and goes when it is told to."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from statehub.access import parse
from statehub.dashboard.keys import key_of
from tests.conftest import Database, temporary_database
from tests.hubs import free_port
from tests.running import NO_DATA, SUMMARY, Hub, eventually, problem, running
from tests.wire import request

ROOT = Path(__file__).parent.parent.parent
TOKEN = parse("ada:secret-of-ada")
UPGRADE = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: aaaaaaaaaaaaaaaaaaaaaa=="]
THERE = (ROOT / "dashboard" / "node_modules" / ".bin" / "observable").exists() and shutil.which("node")
pytestmark = pytest.mark.skipif(not THERE, reason="the npm packages are not here: make dashboard-install")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a place of their own: somebody may be working on those of the checkout."""
    place = tmp_path_factory.mktemp("preview") / "dashboard"
    left_out = shutil.ignore_patterns("node_modules", "dist", ".observablehq", "*.pid")
    shutil.copytree(ROOT / "dashboard", place, ignore=left_out)
    (place / "node_modules").symlink_to(ROOT / "dashboard" / "node_modules")
    (place / "dist").mkdir()
    commands = place.parent / "bin"
    commands.mkdir()
    (commands / "custodian").write_text(f'#!/bin/sh\nexec {sys.executable} -m statehub.cli.main "$@"\n')
    (commands / "custodian").chmod(0o755)
    return place


@contextmanager
def previewing(copy: Path, hub: Hub) -> Iterator[tuple["subprocess.Popen[bytes]", Hub]]:
    """The preview of that hub, and how to ask it."""
    port = free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
    path = os.pathsep.join([str(copy.parent / "bin"), str(Path(sys.executable).parent), ours["PATH"]])
    settings = {
        "STATEHUB_API_URL": hub.url, "STATEHUB_API_TOKEN": TOKEN.word, "STATEHUB_DASHBOARD_PORT": str(port),
        "STATEHUB_DATA_DIR": str(NO_DATA), "PATH": path, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with subprocess.Popen(["node", str(copy / "dev.js")], env={**ours, **settings}) as process:
        try:
            yield process, Hub(port, Database("postgresql://nowhere"), {})
        finally:
            process.terminate()
            process.wait(30)


def processes(copy: Path) -> list[str]:
    """What still runs of it."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(copy.parent) in line]


def answers(preview: Hub, **headers: str) -> bool:
    try:
        return preview.get("/", **headers).status == 200
    except OSError:
        return False


def test_the_preview_is_behind_the_door_live_and_ends_with_all_that_it_started(
    server: str, template: str, copy: Path
) -> None:
    with (
        temporary_database(server, template) as database,
        running(database, api_token=(TOKEN,)) as hub,
        previewing(copy, hub) as (process, preview),
    ):
        kept = {"Cookie": f"statehub-{preview.port}={key_of(TOKEN)}"}
        repo = {"slug": "shop", "name": "Shop", "domain": "infotech", "category": "product"}
        assert hub.post("/repos", repo, Authorization=f"Bearer {TOKEN.word}").status == 201
        eventually(lambda: answers(preview, **kept), "the preview is there", within_s=60)
        assert preview.get("/").status == 401
        assert preview.get(f"/?key={key_of(TOKEN)}").headers["Set-Cookie"].startswith(kept["Cookie"])
        problem(preview.get("/", Host="evil.example", **kept), 421)
        problem(preview.get("/api" + SUMMARY), 401)
        assert preview.get("/api" + SUMMARY, **kept).json["totals"]["topics"]["total"] == 6
        assert preview.post("/api/progress", {"summary": "x"}, **kept).json["author"] == "ada"
        assert preview.get("/_file/data/overview.json", **kept).json["documents"]["summary"]["totals"]
        for headers, status in (([f"Cookie: {kept['Cookie']}"], b" 101 "), ([], b"")):
            with closing(preview.dial()) as connection:
                line = request("GET", "/_observablehq", *UPGRADE, *headers, host=f"localhost:{preview.port}").replace(
                    b": close", b": Upgrade"
                )
                connection.sendall(line)
                assert status in connection.recv(100)
        assert (copy / "dist").is_dir(), "what is built stays"
        with previewing(copy, hub) as (following, another):
            assert process.wait(30) == 0, "one that runs already is ended first"
            again = {"Cookie": f"statehub-{another.port}={key_of(TOKEN)}"}
            eventually(lambda: answers(another, **again), "the preview is there", within_s=60)
            os.kill(following.pid, signal.SIGINT)
            assert following.wait(30) == 0
    assert processes(copy) == []
