"""`DATA_DIR/hub.json`: where the hub of a data directory answers; `hub.lock`: held by its supervisor while it lives."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NotRequired, TypedDict

from statehub.cli.holders import has_open, sign, signer
from statehub.errors import Conflict

SEEN_WITHIN_S = 5.0  # it signs as soon as it has the lock


class Hub(TypedDict):
    """A hub that runs: pid of its supervisor, addresses of its API, its MCP server, and its dashboard if it has one."""

    pid: int
    api: str
    mcp: NotRequired[str]
    dashboard: NotRequired[str]


def write(data_dir: Path, hub: Hub) -> None:
    """Say where the hub is; replaced atomically, readable by its user only."""
    temporary = data_dir / f".hub.json.{os.getpid()}"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(hub), encoding="utf-8")
    temporary.replace(data_dir / "hub.json")


def read(data_dir: Path) -> Hub | None:
    """The hub that runs on this data directory; None where none does, whatever a dead one left behind."""
    return _written(data_dir) if is_held(data_dir) else None


def is_held(data_dir: Path) -> bool:
    """Whether there is a supervisor, be its hub up or just starting."""
    try:
        with (data_dir / "hub.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def supervisor(data_dir: Path) -> int | None:
    """Pid of the supervisor, be its hub up or just starting; None where there is none.

    Raises Conflict where there is one that cannot be seen.
    """
    deadline = time.monotonic() + SEEN_WITHIN_S
    while is_held(data_dir):
        with (data_dir / "hub.lock").open("rb") as lock:
            if pid := signer(lock.fileno()):
                return pid
            # a hub of an older version, which has not been restarted since, did not sign
            if (hub := _written(data_dir)) and has_open(hub["pid"], lock.fileno()):
                return hub["pid"]
        if time.monotonic() > deadline:
            raise Conflict(f"the hub of {data_dir} cannot be seen from here (in another container?): stop it there")
        time.sleep(0.001)
    return None


@contextmanager
def held(data_dir: Path) -> Iterator[bool]:
    """Hold the lock while inside; false where another supervisor has it. The kernel lets go of it when we die."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "hub.lock").open("a+b") as lock:
        if not _lock(lock.fileno()):
            yield False
            return
        try:
            # one that was killed left it, and from now on it would be taken for ours
            (data_dir / "hub.json").unlink(missing_ok=True)
            sign(lock.fileno())
            yield True
        finally:
            (data_dir / "hub.json").unlink(missing_ok=True)


@contextmanager
def guarded(data_dir: Path, wait_s: float) -> Iterator[int]:
    """A locked file for the hub's parts to inherit: the kernel lets go of it when the last of them is dead.

    Those of a hub that was killed end by themselves, and are waited for; if they do not, their ports will be taken.
    """
    with (data_dir / "hub.parts").open("ab") as guard:
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.05)
        yield guard.fileno()


def _written(data_dir: Path) -> Hub | None:
    with contextlib.suppress(OSError, ValueError):
        hub: Hub = json.loads((data_dir / "hub.json").read_text(encoding="utf-8"))
        return hub
    return None


def _lock(handle: int) -> bool:
    """False where a supervisor has it. Who only looks has it for a moment, together with others: that is waited for."""
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(0.001)
