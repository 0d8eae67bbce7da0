"""Who listens on a port, as far as /proc tells: on Linux, in this network namespace."""

import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from statehub.cli.text import clean

LISTENING = "0A"
OURS = "statehub.cli.main"
RUNNERS = ("python", "node", "ruby", "perl")  # what they run says more
SHOWN = 3
_PROC = Path("/proc")


def owners(host: str, port: int) -> str:
    """`python -m http.server (process 12)`, each; of others' processes the user; "" where nothing is known."""
    inodes = {inode: uid for address, inode, uid in _listening(port) if _in_the_way(host, address)}
    links = {f"socket:[{inode}]" for inode in inodes}
    named = []
    for process in _processes() if links else ():
        with suppress(OSError):  # it has ended, or is somebody else's
            if any(str(handle.readlink()) in links for handle in (process / "fd").iterdir()):
                named.append(f"{_name(process)} (process {process.name})")
    users = [f"a process of {_user(uid)}" for uid in sorted(set(inodes.values()))]
    return ", ".join((named or users)[:SHOWN])


def _listening(port: int) -> Iterator[tuple[IPv4Address | IPv6Address, str, int]]:
    """Address, inode and user id of each socket that listens on that port."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                cells = line.split()
                address, _, number = cells[1].partition(":")
                if cells[3] == LISTENING and int(number, 16) == port:
                    yield _address(address), cells[9], int(cells[7])


def _address(text: str) -> IPv4Address | IPv6Address:
    """As the kernel prints it: each 32 bits as a number of this machine."""
    packed = b"".join(socket.htonl(int(text[at : at + 8], 16)).to_bytes(4, "big") for at in range(0, len(text), 8))
    return ip_address(packed)


def _in_the_way(host: str, other: IPv4Address | IPv6Address) -> bool:
    """Whether who listens there keeps others from that host."""
    ours = ip_address("127.0.0.1" if host == "localhost" else host)
    if ours.version == other.version:
        return ours == other or ours.is_unspecified or other.is_unspecified
    wide = max(ours, other, key=lambda address: address.version)  # [::] takes what comes by IPv4 as well
    return wide.is_unspecified


def _processes() -> list[Path]:
    found = [entry for entry in _PROC.iterdir() if entry.name.isdigit()]
    return sorted(found, key=lambda entry: int(entry.name))


def _name(process: Path) -> str:
    """The program's, and what an interpreter runs; no further words, which may be secrets."""
    words = [word for word in os.fsdecode((process / "cmdline").read_bytes()).split("\0") if word]
    if not words:
        return clean((process / "comm").read_text())
    if OURS in words:
        return clean(" ".join(["custodian", *words[words.index(OURS) + 1 :][:1]]))
    name, runs = Path(words[0].split()[0]).name, ""
    if name.startswith(RUNNERS):
        at = next((at for at, word in enumerate(words) if at and (word == "-m" or not word.startswith("-"))), 0)
        if at and words[at] == "-m":
            runs = " ".join(words[at : at + 2])
        elif at and words[at - 1] != "-c":
            runs = Path(words[at]).name
    return clean(f"{name} {runs}")


def _user(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user id {uid}"
