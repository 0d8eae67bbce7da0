"""`hub.log`, what a detached hub says: kept from growing without limit, and followed."""

import os
import shutil
import sys
import time
import unicodedata
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from statehub.errors import NotFound

MAX_BYTES = 10 * 2**20
LOOK_EVERY_S = 5.0
FOLLOW_EVERY_S = 0.2


def path_of(data_dir: Path) -> Path:
    """Where it is; the one before is beside it, with `.1`."""
    return data_dir / "hub.log"


@dataclass
class HubLog:
    """Its supervisor looks after it, if it writes there. Every part writes to the same open file, at its end.

    So it is copied and emptied, not renamed; what is written between the two is lost.
    """

    path: Path
    max_bytes: int = MAX_BYTES
    looked_at: float = 0.0

    def look_after(self) -> None:
        """Begin anew when it is too long."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY_S:
            return
        self.looked_at = now
        with suppress(OSError):  # a full disk, for instance: then nothing is emptied that was not copied
            if is_stdout(self.path) and self.path.stat().st_size > self.max_bytes:
                rotate(self.path)


def rotate(path: Path) -> None:
    """Copy it beside, in place of the copy before; then empty it."""
    aside = path.with_name(path.name + ".part")
    shutil.copyfile(path, aside)
    aside.replace(path.with_name(path.name + ".1"))
    os.truncate(path, 0)


def is_stdout(path: Path) -> bool:
    """Whether that is what this process writes to."""
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), path.stat())
    except (OSError, ValueError):
        return False


def print_log(path: Path, lines: int, *, follow: bool) -> None:
    """The last lines; with `follow` those that come, too, until Ctrl-C. Raises NotFound where there is no log."""
    try:
        with path.open("rb") as file, suppress(KeyboardInterrupt):
            for line in deque(file, lines):
                _tell(line)
            if follow:
                _follow(file)
    except FileNotFoundError:
        raise NotFound(f"there is no log ({path}); custodian up --detach writes one") from None


def _follow(file: BinaryIO) -> None:
    rest = b""
    while True:
        while found := file.readline():
            rest += found
            if rest.endswith(b"\n"):
                _tell(rest)
                rest = b""
        sys.stdout.flush()
        if os.fstat(file.fileno()).st_size < file.tell():  # it was emptied
            file.seek(0)
        time.sleep(FOLLOW_EVERY_S)


def _tell(line: bytes) -> None:
    text = line.decode(errors="replace").rstrip("\n").expandtabs()
    sys.stdout.write(
        "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")) + "\n"
    )
