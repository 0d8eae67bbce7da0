"""What a checkout remembers of its last sync: the base it agreed on, by plan, and how each file looked then.

The base in the hub is of whoever synced last. Another checkout may be older: what it has not seen, it has not changed.
"""
# ruff: noqa: PTH103, PTH105, PTH111, PTH118, PTH123
# os.path: see tree.py

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from statehub.repos.scan import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1


def place_of(root: str) -> str:
    """The directory where this checkout's memory is kept, below XDG_STATE_HOME."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local/state")
    return os.path.join(home, "statehub", "sync", sha256(os.fsencode(root)).hexdigest()[:24])


def load(place: str, name: str, root: str) -> dict[str, Any]:
    """What is kept under that name; empty where nothing is, or it is of another checkout that stood here."""
    with suppress(OSError, ValueError), open(os.path.join(place, name), "rb") as file:
        found = json.loads(file.read())
        if isinstance(found, dict) and found.get("format") == FORMAT and found.get("checkout") == identity(root):
            return found
    return {}


def save(place: str, name: str, root: str, document: dict[str, Any]) -> None:
    """Keep it; the file is whole, or what was there stays. A place that cannot be written is done without."""
    content = json.dumps({"format": FORMAT, "checkout": identity(root), **document}, ensure_ascii=False)
    with suppress(OSError):
        os.makedirs(place, mode=0o700, exist_ok=True)
        temporary = os.path.join(place, f".{name}.{os.getpid()}")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(temporary, os.path.join(place, name))


@contextmanager
def held(place: str, waits: Any = None) -> "Iterator[None]":
    """One sync of a checkout at a time, on this machine; the kernel lets go when we die. Calls `waits` if it must."""
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        file = open(os.path.join(place, "lock"), "ab")  # noqa: SIM115 (closed below)
    except OSError:  # versions guard the hub, and a comparison each file
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waits:
                waits()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
