"""`kill -9` of each process of a hub, and of all at once, then `up` again: nothing is left over, nothing is lost."""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from statehub import embedded
from statehub.cli.hubfile import guarded
from statehub.postgres_process import cluster_name, is_alive, read_pid_file
from tests.faults.sse import following
from tests.hubs import CUSTODIAN, Hub, free_port
from tests.running import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@dataclass(frozen=True)
class Whole(Hub):
    """A hub on ports of its own, all of them known before it starts."""

    others: tuple[int, ...]

    @property
    def environment(self) -> dict[str, str]:
        mcp, dashboard = map(str, self.others)
        return super().environment | {"STATEHUB_MCP_PORT": mcp, "STATEHUB_DASHBOARD_PORT": dashboard}

    def up(self) -> None:
        done = self.run("up", "--detach")
        assert done.returncode == 0, done.stderr

    @property
    def place(self) -> dict[str, Any]:
        """hub.json."""
        found: dict[str, Any] = json.loads((self.data_dir / "hub.json").read_text(encoding="utf-8"))
        return found

    def doors(self) -> list[int]:
        """Ports of everything that it says it serves."""
        return [urlsplit(url).port or 0 for url in self.place.values() if str(url).startswith("http")]

    def parts(self) -> dict[str, int]:
        """What its supervisor runs, by name."""
        found = {}
        for pid, words in self.processes().items():
            with suppress(OSError, ValueError):
                parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.place["pid"]:
                    found[words[words.index("statehub.cli.main") + 1]] = pid
        return found

    def processes(self) -> dict[int, list[str]]:
        """All that were started for this data directory, whoever is their parent now, and their words."""
        mark = f"STATEHUB_DATA_DIR={self.data_dir}".encode()
        with suppress(FileNotFoundError):
            name = cluster_name(self.data_dir / "postgres").encode()
        found = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and is_alive(int(entry.name)):
                    words = (entry / "cmdline").read_bytes()
                    marked = mark in (entry / "environ").read_bytes().split(b"\0")
                    if marked or (name and name in words):
                        found[int(entry.name)] = words.decode(errors="replace").split("\0")
        return found

    def written(self) -> str:
        """An event that the hub has acknowledged."""
        text = f"event {uuid.uuid4()}"
        answer = self.ask("POST", "/progress", {"summary": text})
        assert answer == 201
        return text

    def ask(self, method: str, path: str, document: object = None) -> int:
        """The status; 0 where nobody answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            try:
                headers = {"Content-Type": "application/json"}
                connection.request(method, path, json.dumps(document) if document else None, headers)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0

    def events(self) -> set[str]:
        """The summaries of all events."""
        lines = self.run("export").stdout.splitlines()
        rows = [json.loads(line) for line in lines if '"event' in line]
        return {row.get("summary", "") for row in rows}

    def is_ready(self) -> bool:
        """Whether the API is ready, and every port that it names takes connections."""
        return self.ask("GET", "/state/ready") == 200 and all(map(takes_connections, self.doors()))


def takes_connections(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=5)):
        return True
    return False


def end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One for all tests here: each leaves it up, and what it has written."""
    hub = Whole(tmp_path_factory.mktemp("hub") / "data", free_port(), (free_port(), free_port()))
    hub.up()
    yield hub
    ports = hub.doors()
    assert hub.run("down").returncode == 0
    assert hub.processes() == {}, "left over"
    assert not (hub.data_dir / "hub.json").exists()
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_each_part_that_is_killed_is_started_again_at_its_port(whole: Whole) -> None:
    event, before = whole.written(), whole.parts()
    assert {"serve", "mcp"} <= set(before)
    for name, pid in before.items():
        end(pid)

        def again(name: str = name, pid: int = pid) -> bool:
            return whole.parts().get(name, pid) != pid and whole.is_ready()

        eventually(again, f"{name} is started again", within_s=30)
    after = whole.parts()
    assert set(after) == set(before)
    assert not any(map(is_alive, before.values()))
    assert event in whole.events()


def test_a_postgres_that_is_killed_is_started_again_and_has_all_that_was_acknowledged(whole: Whole) -> None:
    event, found = whole.written(), read_pid_file(whole.data_dir / "postgres")
    assert found
    end(found.pid)
    again = eventually(lambda: embedded.find(whole.data_dir), "it is back", within_s=30)
    assert again
    eventually(lambda: whole.ask("POST", "/progress", {"summary": "later"}) == 201, "writes go on", within_s=30)
    assert {event, "later"} <= whole.events()
    assert not is_alive(found.pid)


@pytest.mark.parametrize("clients", [0, 20])
def test_an_up_that_is_killed_can_be_run_again_at_once(whole: Whole, clients: int) -> None:
    with ExitStack() as stack:
        for stream in [stack.enter_context(following(whole.port)) for _ in range(clients)]:
            stream.first()
        event, before, doors = whole.written(), whole.parts(), whole.doors()
        end(whole.place["pid"])
        whole.up()
    assert not any(map(is_alive, before.values())), "a part of the former hub is left over"
    assert whole.doors() == doors
    assert whole.is_ready()
    assert event in whole.events()


def test_when_all_of_it_is_killed_at_once_up_brings_all_of_it_back(whole: Whole) -> None:
    event, doors, before = whole.written(), whole.doors(), whole.processes()
    assert len(before) > 5
    for pid in before:
        end(pid)
    eventually(lambda: not any(map(is_alive, before)), "they are dead")
    whole.up()
    assert whole.doors() == doors
    assert event in whole.events()


def test_who_waits_for_the_parts_of_a_killed_up_goes_on_when_they_are_gone_or_the_time_is_up(tmp_path: Path) -> None:
    hold = "from statehub.cli.hubfile import guarded; from pathlib import Path; import os, subprocess, sys\n"
    hold += "with guarded(Path(sys.argv[1]), 5) as guard:\n"
    hold += "    subprocess.Popen(['cat'], pass_fds=[guard]); print('held', flush=True); os.kill(os.getpid(), 9)\n"
    ours = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(ours, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "held\n"
        process.wait(20)
        with guarded(tmp_path, 0.1) as guard, pytest.raises(BlockingIOError):
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.stdin.close()  # the child of the killed one ends, when it reads that
        with guarded(tmp_path, 20) as guard:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("moment", ["postgres.new-*", "postgres", "postgres/postmaster.pid", "hub.json"])
def test_an_up_that_is_killed_while_it_starts_for_the_first_time_can_be_run_again(moment: str, tmp_path: Path) -> None:
    hub = Whole(tmp_path / "data", free_port(), (free_port(), free_port()))
    with subprocess.Popen(
        [*CUSTODIAN, "up"], env=hub.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        eventually(lambda: [*hub.data_dir.glob(moment)], f"there is {moment}", within_s=30)
        process.kill()
    try:
        hub.up()
        assert hub.written() in hub.events()
    finally:
        assert hub.run("down").returncode == 0
    assert hub.processes() == {}
    assert [*hub.data_dir.glob("postgres.new-*")] == []
