"""`custodian dashboard` as a process, and as a part of `custodian up`."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from statehub import embedded
from statehub.access import parse
from statehub.cli.links import shown
from statehub.dashboard.keys import key_of
from statehub.settings import Settings
from tests.commands import CONFLICT, DONE, NOTHING, USAGE
from tests.conftest import Database
from tests.dashboard.board import write_pages
from tests.faults.sse import following
from tests.hubs import CUSTODIAN, Hub, free_port
from tests.running import NO_DATA, SUMMARY, eventually, problem
from tests.running import Hub as Asked


@pytest.fixture(scope="module")
def wrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python that finds its pages in a folder of ours; the rest of its command line is custodian's."""
    place = tmp_path_factory.mktemp("wrapped")
    pages = write_pages(place / "pages")
    (place / "sitecustomize.py").write_text(
        f"from pathlib import Path\nfrom statehub.dashboard import folders\nfolders.FOLDERS = (Path({str(pages)!r}),)\n"
    )
    return place


def environment(hub: Hub, wrapped: Path, **more: str) -> dict[str, str]:
    """Of a process that has pages, built or not."""
    return hub.environment | {"PYTHONPATH": f"{wrapped}:{os.environ.get('PYTHONPATH', '')}"} | more


def at(port: int) -> Asked:
    return Asked(port, Database("postgresql://nowhere"), {})


@contextmanager
def serving(hub: Hub, wrapped: Path, **more: str) -> Iterator[tuple["subprocess.Popen[str]", Asked]]:
    """`custodian dashboard` in the foreground, and where it answers."""
    command = [*CUSTODIAN, "dashboard"]
    with subprocess.Popen(command, env=environment(hub, wrapped, **more), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()
            found = re.search(r"dashboard: http://127\.0\.0\.1:(\d+)/", said)
            assert found, said
            yield process, at(int(found[1]))
        finally:
            process.kill()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_says_where_it_is_and_ctrl_c_ends_it_at_once(
    shared: Asked, wrapped: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    hub = Hub(tmp_path, free_port())
    with serving(hub, wrapped, STATEHUB_API_URL=shared.url) as (process, board):
        assert board.get("/").status == 200
        assert board.get("/api" + SUMMARY).body == shared.get(SUMMARY).body
        with following(board.port, prefix="/api") as client:
            client.first()
            process.send_signal(kind)
            assert process.wait(20) == DONE
            assert process.stderr
            assert process.stderr.read() == ""


def test_without_pages_or_a_port_it_says_what_to_do(wrapped: Path, tmp_path: Path) -> None:
    hub = Hub(tmp_path, free_port())
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "sitecustomize.py").write_text(
        "from statehub.dashboard import folders\nfolders.FOLDERS = ()\n"
    )

    def run(place: Path, *args: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*CUSTODIAN, "dashboard", *args], env=environment(hub, place, **more), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    without = run(tmp_path / "none")
    assert without.returncode == NOTHING
    assert "make dashboard-build" in without.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = run(wrapped, STATEHUB_DASHBOARD_PORT=str(taken.getsockname()[1]))
    assert busy.returncode == CONFLICT
    assert "STATEHUB_DASHBOARD_PORT" in busy.stderr
    assert run(wrapped, STATEHUB_HOST="0.0.0.0").returncode == USAGE  # noqa: S104
    assert run(wrapped, "--json").returncode == USAGE
    assert run(wrapped, STATEHUB_DASHBOARD_PORT="x").returncode == USAGE


def test_a_link_has_the_key_and_never_the_token(tmp_path: Path) -> None:
    hub = Hub(tmp_path, free_port())
    plain = hub.run("dashboard", "--link")
    assert (plain.returncode, plain.stdout) == (DONE, "http://127.0.0.1:0/\n")
    assert hub.run("dashboard", "--link", "--name", "ann").returncode == NOTHING
    words = [hub.run("token", "create", "--name", name).stdout.strip() for name in ("ada", "ann")]
    first = hub.run("dashboard", "--link").stdout
    assert first == f"http://127.0.0.1:0/?key={key_of(parse(words[0]))}\n"
    of_ann = json.loads(hub.run("dashboard", "--link", "--name", "ann", "--json").stdout)
    assert of_ann == {"schema": "custodian/dashboard/1", "url": f"http://127.0.0.1:0/?key={key_of(parse(words[1]))}"}
    assert all(parse(word).secret not in first for word in words)


def test_a_line_for_a_person_has_the_key_and_one_for_a_log_has_not() -> None:
    token = parse("ada:secret-of-ada")
    settings = Settings(api_token=(token,), data_dir=NO_DATA)
    assert shown(settings, "http://x:1", private=True) == f"http://x:1/?key={key_of(token)}"
    for_a_log = shown(settings, "http://x:1", private=False)
    assert key_of(token) not in for_a_log
    assert "custodian dashboard --link" in for_a_log
    assert shown(Settings(data_dir=NO_DATA), "http://x:1", private=False) == "http://x:1/"


# --- a part of the hub


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, wrapped: Path) -> Iterator[tuple[Hub, str]]:
    """A whole hub, and what it said."""
    hub = Hub(tmp_path_factory.mktemp("hub") / "data", free_port())
    done = subprocess.run(
        [*CUSTODIAN, "up", "--detach"], env=environment(hub, wrapped), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    yield hub, done.stdout
    hub.run("down")
    assert embedded.find(hub.data_dir) is None


def place_of(hub: Hub) -> Asked:
    """Where hub.json says that the dashboard is."""
    place = json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))["dashboard"]
    return at(int(place.rpartition(":")[2]))


def parts_of(hub: Hub) -> list[int]:
    """Processes of the dashboard that the supervisor of this hub started."""
    supervisor = json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))["pid"]
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [int(pid) for pid, parent, args in rows if int(parent) == supervisor and " dashboard " in args]


def test_up_says_where_it_is(started: tuple[Hub, str]) -> None:
    hub, said = started
    board = place_of(hub)
    assert f"  dashboard {board.url}/\n" in said
    assert board.get("/").status == 200
    assert eventually(lambda: board.get("/api" + SUMMARY).json["totals"])["topics"]["total"] == 6
    assert hub.run("dashboard", "--link").stdout == f"{board.url}/\n"
    findings = json.loads(hub.run("doctor", "--json").stdout)["findings"]
    (found,) = [finding for finding in findings if finding["name"] == "dashboard"]
    assert found["status"] == "ok"
    assert f"{board.url} answers" in found["detail"]


def test_one_that_dies_is_started_again_and_refuses_no_connection(started: tuple[Hub, str]) -> None:
    hub, _ = started
    board = place_of(hub)
    (before,) = eventually(lambda: parts_of(hub), "it runs")
    os.kill(before, signal.SIGKILL)
    assert board.get("/").status == 200
    (after,) = eventually(lambda: [pid for pid in parts_of(hub) if pid != before], "it is started again", within_s=20)
    assert after != before


def test_a_token_that_is_made_later_is_asked_for_and_its_link_lets_in(started: tuple[Hub, str], wrapped: Path) -> None:
    hub, _ = started
    board = place_of(hub)
    word = hub.run("token", "create", "--name", "ann").stdout.strip()
    try:
        eventually(lambda: board.get("/").status == 401, "the key is asked for")
        problem(board.get("/api" + SUMMARY), 401)
        link = hub.run("dashboard", "--link").stdout.strip()
        answer = board.get(link.removeprefix(board.url))
        assert answer.status == 303
        kept = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        assert board.get("/", **kept).status == 200
        eventually(lambda: board.get("/api" + SUMMARY, **kept).status == 200, "the hub takes the token")
        assert board.post("/api/progress", {"summary": "x"}, **kept).json["author"] == "ann"
        assert hub.run("down").returncode == 0
        again = subprocess.run(
            [*CUSTODIAN, "up", "--detach"], env=environment(hub, wrapped), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert f"  dashboard {place_of(hub).url}/?key={key_of(parse(word))}\n" in again.stdout
        log = (hub.data_dir / "hub.log").read_text()
        for secret in (parse(word).secret, key_of(parse(word))):
            assert secret not in log
    finally:
        (hub.data_dir / "token").unlink()


def test_where_there_are_no_pages_the_rest_is_up_and_one_line_says_so(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data", free_port())
    (tmp_path / "sitecustomize.py").write_text("from statehub.dashboard import folders\nfolders.FOLDERS = ()\n")
    command = [*CUSTODIAN, "up", "--detach"]
    word = None
    try:
        made = hub.run("token", "create")
        word = made.stdout.strip()
        done = subprocess.run(
            command, env=environment(hub, tmp_path), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("  dashboard ")]
        assert "everything else works without them" in line
        assert "make dashboard-build" in line
        assert "dashboard" not in json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))
        assert parts_of(hub) == []
        assert word not in done.stdout
    finally:
        hub.run("down")
