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


def is_postmaster(pid: int, name: str) -> bool:
    """Whether that process is the server of the cluster of that name, and not one that got its pid later."""
    # The command line is what may be read in a container, too; /proc/<pid>/cwd and exe of another user's
    # process take CAP_SYS_PTRACE. A zombie has none.
    words = _command(pid)
    return f"cluster_name={name}" in words and any(Path(word).name == "postgres" for word in words)


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


def end_leftovers(name: str) -> None:
    """End the backends of a server that was killed: a new one cannot start while they hold its memory.

    Most see that the postmaster is gone and leave by themselves; one that is computing does not look.
    A server that crashed would send them the same signal; recovery comes anyway.
    """
    for signum in (signal.SIGQUIT, signal.SIGKILL):
        left = [pid for pid, command in _commands().items() if command.startswith(f"postgres: {name}: ")]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        deadline = time.monotonic() + _LEAVE_S
        while any(map(is_alive, left)) and time.monotonic() < deadline:
            time.sleep(0.01)


def _command(pid: int) -> list[str]:
    if _PROC.joinpath("self").exists():
        try:
            return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.split()


def _commands() -> dict[int, str]:
    if _PROC.joinpath("self").exists():
        pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
        return {pid: " ".join(_command(pid)) for pid in pids}
    shown = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True)
    rows = (line.split(None, 1) for line in shown.stdout.splitlines())
    return {int(row[0]): row[1] for row in rows if len(row) == 2}
