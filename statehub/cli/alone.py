"""A part alone, in the foreground: while it serves, a locked file of the data directory says which process it is."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from statehub.cli.holders import sign, signer
from statehub.cli.parts import STOP_WITHIN_S, say
from statehub.errors import Conflict


@contextmanager
def alone(data_dir: Path, name: str, port: int, *, replace: bool) -> Iterator[None]:
    """Inside, `DATA_DIR/NAME-PORT.pid` is ours. `replace`: who has it is asked to end, and waited for.

    Raises Conflict where that one does not end. Another process's file is left alone: its port will be taken.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / f"{name}-{port}.pid").open("a+", encoding="ascii") as file:
        ours = _lock(file) or (replace and _end_other(file, name))
        if ours:
            sign(file.fileno())
        yield


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_other(file: IO[str], name: str) -> bool:
    """Its holder lives: the kernel lets go of the lock of a dead one. One that came just now signs in a moment."""
    told = None
    deadline = time.monotonic() + 2 * STOP_WITHIN_S
    while time.monotonic() < deadline:
        if (pid := signer(file.fileno())) and pid != told:
            say(f"ending the {name} that runs (process {pid})")
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGTERM)
            told = pid
        if _lock(file):
            return True
        time.sleep(0.05)
    raise Conflict(f"the {name} that runs (process {told or 'unknown'}) does not end")
