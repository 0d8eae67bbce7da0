"""The files below `workplans/`: found, read, replaced whole. No link is followed that leads out of the repository."""
# ruff: noqa: PTH108, PTH113, PTH116, PTH118
# os.path: a look at 1,000 files must cost little, and a Path costs as much as a stat

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from statehub.repos.scan import FOLDER, Stamp, entries, stamp_of
from statehub.repos.yaml_nodes import Refused

_TEMPORARY = ".statehub-tmp"


class Moved(Exception):
    """Somebody changed the file meanwhile."""


@dataclass(frozen=True)
class Found:
    """A file: its path in the repository, where it really is, and what tells whether it has changed."""

    path: str
    real: str
    stamp: Stamp


def walk(root: str) -> tuple[list[Found], list[tuple[str, str]]]:
    """All `*.md` below workplans/, in order of their paths; and what is left alone, with the reason."""
    found: list[Found] = []
    refused: list[tuple[str, str]] = []
    for path, place, is_link, stamp in entries(root):
        if not _is_utf8(path):
            refused.append((path.encode(errors="replace").decode(), "has a name that is not UTF-8; rename it"))
            continue
        if not is_link:
            found.append(Found(path, place, stamp))
            continue
        real = os.path.realpath(place)
        if not real.startswith(os.path.join(root, "")):
            refused.append((path, "is a link that leads out of the repository; it is left alone"))
        elif not os.path.isfile(real):
            refused.append((path, "is a link to no file"))
        elif not real.startswith(os.path.join(root, FOLDER, "")):  # else it is found there
            found.append(Found(path, real, stamp_of(os.stat(real))))
    return found, refused


def read(file: Found) -> bytes:
    """Its content. Raises Refused where it cannot be read."""
    try:
        handle = os.open(file.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Refused(0, "is no file")
            return opened.read()
    except OSError as error:
        raise Refused(0, f"cannot be read: {error.strerror}") from None


def replace(file: Found, before: bytes, after: bytes) -> None:
    """Put `after` in its place, whole, with its mode. Raises Moved where `before` is not there, Refused."""
    place = Path(file.real)
    temporary = place.with_name(f".{place.name}{_TEMPORARY}")
    try:
        mode = stat.S_IMODE(place.stat().st_mode)
        with suppress(FileNotFoundError):
            temporary.unlink()
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(after)
            opened.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        if read(file) != before:
            temporary.unlink()
            raise Moved
        temporary.replace(place)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise Refused(0, f"cannot be written: {error.strerror}") from None


def clear(root: str) -> None:
    """Take away what a sync that was killed left half written."""
    for folder, _, names in os.walk(os.path.join(root, FOLDER)):
        for name in names:
            if name.startswith(".") and name.endswith(_TEMPORARY):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
