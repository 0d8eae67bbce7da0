"""Is that server alive? Its pid file, socket and processes, told from what a dead one left behind."""

import hashlib
import os
import signal
import socket
import stat
import struct
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # a name only: it is part of the socket's file name
_PROC = Path("/proc")
_ANSWER_S = 5.0
_STATEMENT_S = 60.0
_LEAVE_S = 5.0


@dataclass(frozen=True)
class PidFile:
    """`postmaster.pid`, as far as it is written; `status` is starting, ready, stopping, or nothing yet."""

    pid: int
    status: str


def read_pid_file(pgdata: Path) -> PidFile | None:
    """None when there is none, or it is not one. Raises PermissionError for another user's cluster."""
    try:
        lines = (pgdata / "postmaster.pid").read_text(errors="replace").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not lines[0].strip().isdigit():
        return None
    lines += [""] * (8 - len(lines))
    return PidFile(pid=int(lines[0]), status=lines[7].strip())


def cluster_name(pgdata: Path) -> str:
    """A name that no other live cluster has, which every process of this one shows in its command line.

    The identity of the directory and the system identifier (the first 8 bytes of pg_control), not the path:
    a directory that was moved keeps it, a copy and a new one in the same place do not.
    """
    place = pgdata.stat()
    with (pgdata / "global" / "pg_control").open("rb") as control:
        identity = f"{place.st_dev} {place.st_ino} ".encode() + control.read(8)
    return "statehub-" + hashlib.sha256(identity).hexdigest()[:12]


def socket_dirs(pgdata: Path) -> tuple[Path, Path]:
    """Where this cluster's socket may be: in the data directory, or where its path is short.

    Not read from postmaster.pid, which a copy of the directory has as well. Not in XDG_RUNTIME_DIR: the
    server outlives the session, at whose end that is deleted.
    """
    short = f"/tmp/statehub-{pgdata.stat().st_uid}-{cluster_name(pgdata).removeprefix('statehub-')}"  # noqa: S108
    return pgdata.parent / "postgres-socket", Path(short)


def is_private(folder: Path, owner: int) -> bool:
    """Whether it is a directory (no symbolic link) of that user which nobody else may enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def ask(socket_dir: Path, dbname: str, statement: str = "") -> str | None:
    """Log in, perhaps run a statement: `00000`, the SQLSTATE of the refusal, or None when nobody answers.

    Spoken by hand (protocol 3.0): importing psycopg takes fifty times as long as the question, and obeys
    the PG* variables of whoever calls.
    """
    start = struct.pack("!i", 3 << 16) + b"user\0postgres\0database\0" + os.fsencode(dbname) + b"\0\0"
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError, struct.error):
        connection.settimeout(_STATEMENT_S if statement else _ANSWER_S)
        connection.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        connection.sendall(struct.pack("!i", len(start) + 4) + start)
        with connection.makefile("rb") as answers:
            while True:
                kind, size = struct.unpack("!ci", answers.read(5))
                body = answers.read(size - 4)
                if kind == b"Z" and statement:
                    query = os.fsencode(statement) + b"\0"
                    connection.sendall(struct.pack("!ci", b"Q", len(query) + 4) + query)
                    statement = ""
                elif kind == b"Z":
                    connection.sendall(struct.pack("!ci", b"X", 4))
                    return "00000"
                if kind == b"E":
                    return next((f[1:].decode() for f in body.split(b"\0") if f[:1] == b"C"), "XX000")
    return None


def server_pid(pgdata: Path) -> int | None:
    """The server of that cluster, if it runs (or starts, or stops), known by its command line.

    The pid in its pid file may be another process's by now. /proc/<pid>/cwd and exe would say more, but for
    another user's process they take CAP_SYS_PTRACE, which root lacks in a container. A zombie has no words.
    """
    word = f"cluster_name={cluster_name(pgdata)}"
    running = _processes(pgdata.stat().st_uid).items()
    pids = [pid for pid, words in running if word in words and words[0] != "/bin/sh"]  # the shell starts it
    noted = read_pid_file(pgdata)  # a backend that was forked just now still has the server's words
    return noted.pid if noted and noted.pid in pids else min(pids, default=None)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return not _PROC.joinpath("self").exists()


def reap(pid: int) -> None:
    """Clear the zombie of a server that became our child, as orphans do of process 1 in a container."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def end_leftovers(pgdata: Path) -> None:
    """End the backends of a server that was killed: a new one cannot start while they hold its memory.

    Most see that the server is gone and leave by themselves; one that is computing does not look. A server
    that crashed would send them the same signal; recovery comes anyway. Only when `server_pid` is None.
    """
    title = f"postgres: {cluster_name(pgdata)}: "
    for signum in (signal.SIGQUIT, signal.SIGKILL):
        running = _processes(pgdata.stat().st_uid)
        left = [pid for pid, words in running.items() if " ".join(words).startswith(title)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        deadline = time.monotonic() + _LEAVE_S
        while any(map(is_alive, left)) and time.monotonic() < deadline:
            time.sleep(0.01)


def _processes(uid: int) -> dict[int, list[str]]:
    """The command lines of a user's processes."""
    if not _PROC.joinpath("self").exists():
        words = ["ps", "-U", str(uid), "-ww", "-o", "pid=,command="]
        rows = [line.split() for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines()]
        return {int(row[0]): row[1:] for row in rows if len(row) > 1}
    found = {}
    for entry in _PROC.iterdir():
        with suppress(OSError):  # it has ended
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                found[int(entry.name)] = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
    return found
