"""Who has a locked file: readers are no supervisors, and what a dead holder wrote in it is nobody's."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from statehub.cli.alone import alone
from statehub.cli.hubfile import Hub, held, read, supervisor, write
from tests.hubs import free_port

LEFT: Hub = {"pid": 2**22 + 1, "api": "http://127.0.0.1:9"}
HOLD = """
import fcntl, sys
from statehub.cli.holders import sign
with open(sys.argv[1], "a+b") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
    sign(file.fileno())
    print("signed", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has locked the file, and signs it when it reads a line."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def step(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


@contextmanager
def bystander(alive: bool) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has nothing to do with it, or one that has ended."""
    with subprocess.Popen(["sleep", "100"] if alive else ["true"]) as process:
        if not alive:
            process.wait(20)
        yield process
        assert not alive or process.poll() is None, "a stranger was ended"
        process.kill()


def takes(data_dir: Path) -> bool:
    with held(data_dir) as ours:
        return ours


def test_who_starts_waits_for_those_who_only_look(tmp_path: Path) -> None:
    assert takes(tmp_path)
    with (tmp_path / "hub.lock").open("rb") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_SH)
        starts = pool.submit(takes, tmp_path)
        with pytest.raises(TimeoutError):
            starts.result(0.5)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert starts.result(20)


def test_who_starts_gives_up_at_once_where_a_supervisor_lives(tmp_path: Path) -> None:
    with held(tmp_path) as ours:
        assert ours
        assert not takes(tmp_path)
        assert supervisor(tmp_path) == os.getpid()
    assert takes(tmp_path)
    assert supervisor(tmp_path) is None


def test_where_a_killed_hub_was_is_not_told_while_the_next_one_starts(tmp_path: Path) -> None:
    write(tmp_path, LEFT)
    assert read(tmp_path) is None
    with held(tmp_path) as ours:
        assert ours
        assert read(tmp_path) is None
        here: Hub = {"pid": os.getpid(), "api": "http://127.0.0.1:10"}
        write(tmp_path, here)
        assert read(tmp_path) == here
    assert read(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="looks for open files in /proc")
@pytest.mark.parametrize("alive", [True, False])
def test_a_supervisor_that_has_just_come_is_not_taken_for_the_one_before(tmp_path: Path, alive: bool) -> None:
    with ExitStack() as stack:
        stranger = stack.enter_context(bystander(alive))
        lock = tmp_path / "hub.lock"
        lock.write_text(str(stranger.pid))
        write(tmp_path, {**LEFT, "pid": stranger.pid})
        process = stack.enter_context(holder(lock))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        found = pool.submit(supervisor, tmp_path)
        with pytest.raises(TimeoutError):
            found.result(0.3)
        step(process)
        assert found.result(20) == process.pid


def test_a_hub_of_a_version_that_did_not_sign_is_found_by_its_file(tmp_path: Path) -> None:
    with holder(tmp_path / "hub.lock") as process:
        write(tmp_path, {**LEFT, "pid": process.pid})
        assert supervisor(tmp_path) == process.pid


@pytest.mark.skipif(sys.platform != "linux", reason="looks for open files in /proc")
@pytest.mark.parametrize("alive", [True, False])
def test_a_part_that_has_just_come_is_replaced_and_nobody_else_is_ended(tmp_path: Path, alive: bool) -> None:
    port = free_port()

    def replace() -> bool:
        with alone(tmp_path, "api", port, replace=True):
            return True

    with ExitStack() as stack:
        stranger = stack.enter_context(bystander(alive))
        file = tmp_path / f"api-{port}.pid"
        file.write_text(str(stranger.pid))
        process = stack.enter_context(holder(file))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        replaced = pool.submit(replace)
        with pytest.raises(TimeoutError):
            replaced.result(0.3)
        step(process)
        assert replaced.result(20)
        assert process.wait(20) != 0
        assert file.read_text() == str(os.getpid())
