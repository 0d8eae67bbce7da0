"""Start, attach to and stop an embedded PostgreSQL; it outlives the process that started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from statehub.errors import Conflict
from statehub.postgres_binaries import NEWEST, EmbeddedError, binary
from statehub.postgres_cluster import Cluster, open_beside
from statehub.postgres_process import (
    PORT,
    ask,
    end_leftovers,
    is_alive,
    is_private,
    read_pid_file,
    reap,
    server_pid,
    socket_dirs,
)

if sys.platform != "win32":
    import fcntl

    _SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

__all__ = ["EmbeddedError", "Server", "binary", "find", "in_use", "start", "stop", "stop_unused"]

_START_S = 60.0  # crash recovery reads at most 1 GB of WAL; the server goes on when we stop waiting
_STOP_S = 60.0
_POLL_S = 0.01


@dataclass(frozen=True)
class Server:
    """A server that answered. `started` is True when this call started it, False when it was there."""

    data_dir: Path
    version: int
    socket_dir: Path
    started: bool

    def url(self, dbname: str = "statehub") -> str:
        """The address of a database for libpq, psycopg, asyncpg and yoyo; only its owner and root get in."""
        # The port is said, or a PGPORT in the client's environment would make it another socket.
        host = quote(os.fsencode(self.socket_dir), safe="")
        return f"postgresql://postgres@/{quote(dbname, safe='')}?host={host}&port={PORT}"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.data_dir / "postgres.log"


def start(
    data_dir: Path,
    *,
    version: int | None = None,
    options: Mapping[str, str] | None = None,
    dbname: str = "statehub",
) -> Server:
    """The running server of that directory, started (and before that, made) when there is none.

    `version`: 16 or 18; None takes what the cluster has, and 18 for a new one. `options`: settings of
    PostgreSQL for a server that is started now. Makes the database `dbname` when it is missing.
    Any number of processes may call it at once. Raises EmbeddedError.
    """
    data_dir = _usable(data_dir)
    with _explained(data_dir):
        server = find(data_dir)
        if server is None or not _has_database(server, dbname):
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _lock(data_dir):
                server = find(data_dir) or _start(data_dir, version, options or {})
                _refuse_other_version(server.version, version, data_dir)
                if not _has_database(server, dbname):
                    _create_database(server, dbname)
        _refuse_other_version(server.version, version, data_dir)
        return server


def find(data_dir: Path) -> Server | None:
    """The running server of that directory; None when there is none that answers. Runs no program.

    Raises EmbeddedError when the cluster is another user's.
    """
    data_dir = _usable(data_dir)
    pgdata = data_dir / "postgres"
    with _explained(data_dir):
        found = read_pid_file(pgdata)
        if found is None or found.status != "ready":  # a question would only fill its log with refusals
            return None
        for folder in socket_dirs(pgdata):
            if not is_private(folder, pgdata.stat().st_uid):
                continue
            answer = ask(folder, "postgres")
            if answer is not None and not answer.startswith("57P"):  # 57P03: it recovers, or shuts down
                version = int((pgdata / "PG_VERSION").read_text())
                return Server(data_dir, version, folder, started=False)
    return None


def stop(data_dir: Path, *, mode: Literal["fast", "immediate", "smart"] = "fast") -> bool:
    """Stop the server and wait until it is gone; False when none was running.

    `fast` ends its clients' sessions, `smart` waits for them to leave, `immediate` leaves recovery to the
    next start. Raises EmbeddedError when it is still there after 60 seconds.
    """
    data_dir = _usable(data_dir)
    pgdata = data_dir / "postgres"
    with _explained(data_dir):
        if not pgdata.exists():
            return False
        with _lock(data_dir):
            if (pid := server_pid(pgdata)) is None:
                if find(data_dir) is not None:
                    raise EmbeddedError(
                        f"the server of {data_dir} answers, but was not started here"
                        " (in another container, or by pg_ctl?): stop it there"
                    )
                return False
            with suppress(ProcessLookupError):
                os.kill(pid, _SIGNALS[mode])
            deadline = time.monotonic() + _STOP_S
            while is_alive(pid):
                if time.monotonic() > deadline:
                    hint = "it waits for clients; try fast" if mode == "smart" else "see its log"
                    raise EmbeddedError(f"the server of {data_dir} did not stop in {_STOP_S:.0f} s: {hint}")
                time.sleep(_POLL_S)
            reap(pid)
            for folder in socket_dirs(pgdata):
                with suppress(OSError):  # there is one of them, and it is empty now
                    folder.rmdir()
    return True


@contextmanager
def in_use(data_dir: Path, *, adopt: bool = False) -> Iterator[Callable[[], Server]]:
    """`start`, for those who share a server: the last to leave stops it, whoever of them started it.

    One that was started otherwise stays, unless somebody here had adopted it. Raises EmbeddedError.
    """
    data_dir = _usable(data_dir)
    with _explained(data_dir):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        users = open_beside(data_dir / "postgres.users", os.O_RDWR)
    try:
        # before the look whether it runs: who leaves just now has stopped it by then, or leaves it to us
        fcntl.flock(users, fcntl.LOCK_SH)

        def begin() -> Server:
            server = start(data_dir)
            if server.started or adopt:  # noted for the last of us, which may be another
                with _explained(data_dir):
                    os.ftruncate(users, 0)
                    os.pwrite(users, _run(data_dir), 0)
            return server

        try:
            yield begin
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)  # or each of two who leave at once would be in the other's way
            with _sole(users) as last:
                noted = os.pread(users, 4096, 0)
                if last and (adopt or (noted and noted == _run(data_dir))):
                    stop(data_dir)
    finally:
        os.close(users)


def stop_unused(data_dir: Path) -> bool:
    """`stop`, for a server that was left over. Raises Conflict where somebody uses it."""
    data_dir = _usable(data_dir)
    with _explained(data_dir):
        if not (data_dir / "postgres").exists():
            return False
        users = open_beside(data_dir / "postgres.users", os.O_RDWR)
    try:
        with _sole(users) as alone:
            if not alone:
                raise Conflict(f"another command (serve, psql, …) uses the PostgreSQL of {data_dir}: end that one")
            return stop(data_dir)
    finally:
        os.close(users)


@contextmanager
def _sole(users: int) -> Iterator[bool]:
    """Whether nobody else uses the server; where nobody does, nobody comes in meanwhile."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)


def _run(data_dir: Path) -> bytes:
    """Which run of the server it is: pid, directory, and when it began; nothing where there is none."""
    with suppress(FileNotFoundError):
        return b"\n".join((data_dir / "postgres" / "postmaster.pid").read_bytes().split(b"\n")[:3])
    return b""


def _start(data_dir: Path, version: int | None, options: Mapping[str, str]) -> Server:
    cluster = Cluster.of(data_dir)
    if (existing := cluster.version()) is None:
        existing = version or NEWEST
        cluster.create(existing, sync=options.get("fsync") != "off")
    else:
        _refuse_other_version(existing, version, data_dir)
        deadline = time.monotonic() + _START_S
        while server_pid(cluster.pgdata) is not None:  # one that starts, recovers or stops
            if server := find(data_dir):
                return server
            _give_up_after(deadline, data_dir)
        end_leftovers(cluster.pgdata)
    pid = cluster.serve(existing, options)
    deadline = time.monotonic() + _START_S
    while True:
        found = read_pid_file(cluster.pgdata)
        if found and found.pid == pid and (server := find(data_dir)):
            return replace(server, started=True)
        if not is_alive(pid):
            reap(pid)
            raise EmbeddedError(f"PostgreSQL {existing} did not start; {cluster.log_tail()}")
        _give_up_after(deadline, data_dir)


def _give_up_after(deadline: float, data_dir: Path) -> None:
    if time.monotonic() > deadline:
        raise EmbeddedError(
            f"the server of {data_dir} runs, but does not answer after {_START_S:.0f} s (it may still recover"
            " from a crash): try again later, or see postgres.log there"
        )
    time.sleep(_POLL_S)


def _refuse_other_version(existing: int, wanted: int | None, data_dir: Path) -> None:
    if wanted not in (None, existing):
        raise EmbeddedError(
            f"the cluster in {data_dir} is PostgreSQL {existing}, not {wanted}: use {existing}, or another"
            " data directory and pg_dump | psql"
        )


def _has_database(server: Server, dbname: str) -> bool:
    return ask(server.socket_dir, dbname) != "3D000"  # invalid_catalog_name


def _create_database(server: Server, dbname: str) -> None:
    quoted = '"' + dbname.replace('"', '""') + '"'
    if (answer := ask(server.socket_dir, "postgres", f"create database {quoted}")) != "00000":
        raise EmbeddedError(f"the database {dbname!r} could not be made ({answer}): see {server.log}")


def _usable(data_dir: Path) -> Path:
    if sys.platform == "win32":
        raise EmbeddedError("the embedded PostgreSQL does not run on Windows; set STATEHUB_DATABASE_URL")
    return data_dir.absolute()


@contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    """One starter or stopper at a time, of all processes; the kernel lets go when the holder dies."""
    handle = open_beside(data_dir / "postgres.lock", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise EmbeddedError(
            f"no permission for {error.filename or data_dir}: if the hub in {data_dir} is another user's,"
            " run as that user; otherwise choose another STATEHUB_DATA_DIR"
        ) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"PostgreSQL cannot be run in {data_dir}: {error}") from error
