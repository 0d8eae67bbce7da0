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
    try:
        with (data_dir / "hub.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with contextlib.suppress(OSError, ValueError):
            hub: Hub = json.loads((data_dir / "hub.json").read_text(encoding="utf-8"))
            return hub
    return None


@contextmanager
def held(data_dir: Path) -> Iterator[bool]:
    """Hold the lock while inside; false where another supervisor has it. The kernel lets go of it when we die."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "hub.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
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
