"""One part alone: `--replace` ends the one that serves on that port, and goes on from it."""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import CONFLICT, DONE, Custodian
from tests.conftest import Database
from tests.hubs import free_port

Start = Callable[..., subprocess.Popen[str]]


def answers(port: int, path: str) -> bool:
    """Whether anything speaks HTTP there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def until_it_answers(process: subprocess.Popen[str], port: int, path: str) -> None:
    deadline = time.monotonic() + 30
    while not answers(port, path):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(params=["serve", "mcp"])
def part(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Iterator[tuple[Start, int, str]]:
    """Starts it on a port of its own; and where it answers."""
    port = free_port()
    kind = "API" if request.param == "serve" else "MCP"
    settings = {
        "STATEHUB_DATABASE_URL": database.url,
        "STATEHUB_DATA_DIR": str(tmp_path / "data"),
        f"STATEHUB_{kind}_PORT": str(port),
    }
    custodian = Custodian(tmp_path, "")
    started: list[subprocess.Popen[str]] = []

    def start(*args: str) -> subprocess.Popen[str]:
        started.append(custodian.start(request.param, *args, **settings))
        return started[-1]

    yield start, port, "/state/health" if kind == "API" else "/mcp"
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def test_a_part_that_runs_alone_is_replaced(part: tuple[Start, int, str]) -> None:
    start, port, path = part
    first = start()
    until_it_answers(first, port, path)
    second = start("--replace")
    assert first.wait(30) == DONE
    until_it_answers(second, port, path)
    assert second.poll() is None


def test_without_being_asked_for_nothing_is_replaced(part: tuple[Start, int, str]) -> None:
    start, port, path = part
    first = start()
    until_it_answers(first, port, path)
    second = start()
    assert second.wait(30) == CONFLICT
    assert first.poll() is None
    assert str(first.pid) in second.communicate()[1]


def test_a_part_that_was_killed_is_no_obstacle(part: tuple[Start, int, str]) -> None:
    start, port, path = part
    first = start()
    until_it_answers(first, port, path)
    first.kill()
    first.wait(30)
    until_it_answers(start("--replace"), port, path)
