"""A part alone, in the foreground: while it serves, a locked file of the data directory says which process it is."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
        yield


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_other(file: IO[str], name: str) -> bool:
    """Its holder wrote its pid, and lives: the kernel lets go of the lock of a dead one."""
    file.seek(0)
    written = file.read()
    if written.isdigit():
        say(f"ending the {name} that runs (process {written})")
        os.kill(int(written), signal.SIGTERM)
    deadline = time.monotonic() + 2 * STOP_WITHIN_S
    while time.monotonic() < deadline:
        if _lock(file):
            return True
        time.sleep(0.05)
    raise Conflict(f"the {name} that runs (process {written or 'unknown'}) does not end")
