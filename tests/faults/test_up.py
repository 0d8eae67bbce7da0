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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from statehub import embedded
from statehub.cli.hubfile import guarded, read, supervisor
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


def has(pid: int, kind: str, signal_number: int) -> bool:
    """Whether that process catches this signal (SigCgt), or has it pending (ShdPnd)."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found = next(line.split()[1] for line in lines if line.startswith(kind))
        return bool(int(found, 16) >> (signal_number - 1) & 1)
    return False


@contextmanager
def starting(whole: Whole) -> Iterator[tuple["subprocess.Popen[str]", int, Callable[[], None]]]:
    """An `up --detach`, the pid of its supervisor, which has the lock, and what it waits for to get further."""
    assert whole.run("down").returncode == 0
    with (whole.data_dir / "postgres.lock").open("ab") as lock, ExitStack() as stack:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = stack.enter_context(detached(whole))
        stack.callback(fcntl.flock, lock, fcntl.LOCK_UN)
        pid = eventually(lambda: supervisor(whole.data_dir), "it has the lock", within_s=30)
        eventually(lambda: has(pid, "SigCgt", signal.SIGTERM), "it may be told to stop", within_s=30)
        yield process, pid, lambda: fcntl.flock(lock, fcntl.LOCK_UN)


def detached(whole: Whole, *command: str) -> "subprocess.Popen[str]":
    words = command or ("up", "--detach")
    return subprocess.Popen(
        [*CUSTODIAN, *words], env=whole.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


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


def test_of_two_who_start_it_at_once_both_see_it_come_up(whole: Whole) -> None:
    with starting(whole) as (first, pid, release):
        with detached(whole) as second:

            def gave_up() -> bool:
                """Its own supervisor has come, and has gone."""
                ups = [found for found, words in whole.processes().items() if "up" in words]
                return sorted(ups) == sorted([first.pid, pid, second.pid]) and said_so in log.read_bytes()[logged:]

            log, said_so = whole.data_dir / "hub.log", b"it is just starting"
            logged = log.stat().st_size
            eventually(gave_up, "the second one has nothing to start", within_s=30)
            assert read(whole.data_dir) is None
            release()
            said = second.communicate(timeout=60)[0]
        assert second.returncode == 0, said
        assert "State Hub is up" in said
        assert first.wait(60) == 0
    assert whole.place["pid"] == pid
    assert whole.is_ready()


def test_an_up_that_is_just_starting_is_stopped_by_down(whole: Whole) -> None:
    with starting(whole) as (first, pid, release), ExitStack() as stack:
        first.kill()
        os.kill(pid, signal.SIGSTOP)
        stack.callback(os.kill, pid, signal.SIGCONT)
        down = stack.enter_context(detached(whole, "down"))
        stack.callback(down.kill)
        told = eventually(lambda: has(pid, "ShdPnd", signal.SIGTERM) or down.poll() is not None, within_s=30)
        assert told
        assert down.poll() is None, down.communicate()
        release()
        os.kill(pid, signal.SIGCONT)

        def is_over() -> bool:
            assert not any("serve" in words for words in whole.processes().values()), "it still starts its parts"
            return down.poll() is not None

        eventually(is_over, "it has stopped", within_s=40)
        assert "the hub has stopped" in down.communicate()[0]
        assert down.returncode == 0
        assert whole.processes() == {}
        stack.pop_all()
    whole.up()


def test_a_psql_that_ends_leaves_postgres_to_the_hub_that_came_meanwhile(whole: Whole) -> None:
    assert whole.run("down").returncode == 0
    with detached(whole, "psql", "--", "-AtX") as psql:
        assert psql.stdin
        assert psql.stdout
        psql.stdin.write("select 'here';\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "here\n"
        server = read_pid_file(whole.data_dir / "postgres")
        whole.up()
        psql.stdin.close()
        assert psql.wait(30) == 0
    assert read_pid_file(whole.data_dir / "postgres") == server
    assert whole.written() in whole.events()


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
