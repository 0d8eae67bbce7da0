"""What a sync keeps where file and hub agree, so that the next one needs no more than a look (scripts/custodian).

A cache: it may be deleted at any time, and whatever is not just as it says goes the long way.
"""

import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from statehub.settings import config_file

FORMAT = "statehub sync 2"
# a file that was just written could change again within one tick of its file system's clock
TICK_NS, COARSE_TICK_NS = 50_000_000, 2_000_000_000
LONGEST_NAME = 255
# no secret is kept; a sync reads none of these but the access token, and none of it is answered without Python
_SECRET = ("PASSWORD", "DATABASE_URL", "MIGRATE_URL", "LISTEN_URL", "API_TOKEN")
_PLACES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
_FILE = re.compile(r"[^\t]+\t(\d+)\.(\d{9})\d*\t\d+\t\d+\tf")


class Look(NamedTuple):
    """What there was, and when, in ns."""

    at: int
    listing: bytes


def look(root: str, data_dir: str) -> Look:
    """To be taken before the files are read: what is gone or come by the end of the sync leaves no time of its own."""
    return Look(time.time_ns(), _listing(root, data_dir))


def remember(before: Look, root: str, data_dir: str, url: str, path: str, tag: str, told: str) -> None:
    """Keep that file and hub agree, where the files are as they were before they were read."""
    host, _, port = url.removeprefix("http://").partition(":")
    if host != "127.0.0.1" or not port.isdigit() or os.environ.get("STATEHUB_API_TOKEN"):
        return
    if _listing(root, data_dir) != before.listing or not _is_settled(before):
        return
    lines = [FORMAT, data_dir, port, path, tag, told, root, str(os.geteuid()), *_settings()]
    place = _place(root)
    if any("\n" in line for line in lines) or len(os.fsencode(place.name)) > LONGEST_NAME:
        return
    temporary = place.with_name(str(os.getpid()))
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_bytes(os.fsencode("\n".join(lines) + "\n") + before.listing)
        temporary.replace(place)


def forget(root: str) -> None:
    """They do not agree any more, or nobody knows."""
    with suppress(OSError):
        _place(root).unlink()


def _place(root: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home, "statehub", "sync", root.replace("%", "%25").replace("/", "%2F"))


def _settings() -> list[str]:
    ours = [name for name in os.environ if name.startswith("STATEHUB_") and not name.endswith(_SECRET)]
    return [f"{name}={os.environ[name]}" for name in ("HOME", *sorted(ours), *_PLACES) if name in os.environ]


def _listing(root: str, data_dir: str) -> bytes:
    """As scripts/custodian looks: path, change, size, inode, type of each file; empty where find cannot tell that."""
    places = [".", ".git", ".repo-classification.yaml", str(config_file()), f"{data_dir}/hub.json", "workplans"]
    show = ["-printf", r"%p\t%C@\t%s\t%i\t%y\n"]
    plans = ["!", "-type", "d", "-name", "[!.]*.[mM][dD]", *show]
    folders = ["(", "-path", ".", "-o", "-path", ".git", ")", "-prune", "-printf", r"%p\t%i\n"]
    hidden = ["-type", "d", "-name", ".*", "-prune"]
    others = ["!", "-type", "d", "!", "-path", "workplans/*", *show]
    try:
        found = subprocess.run(
            ["find", "-H", *places, *plans, "-o", *folders, "-o", *hidden, "-o", *others],
            cwd=root, env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=False,
        )  # fmt: skip
    except OSError:
        return b""
    return found.stdout


def _is_settled(look: Look) -> bool:
    """Whether the files are those that were read: all are files, and none is too new to tell."""
    lines = os.fsdecode(look.listing).removesuffix("\n").split("\n")
    files = [_FILE.fullmatch(line) for line in lines[2:]]
    if not lines[0].startswith(".\t") or None in files:
        return False
    newest = max((int(file[1] + file[2]) for file in files if file), default=0)
    return newest <= look.at - (TICK_NS if newest % 1_000_000 else COARSE_TICK_NS)
