"""A PostgreSQL cluster on disk: who owns it, initdb, its settings, and the process that serves it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from statehub.postgres_binaries import EmbeddedError, install
from statehub.postgres_process import PORT, cluster_name, socket_dirs

if sys.platform != "win32":
    import fcntl
    import pwd

# Written anew at every start. `alter system` and what stands below the include in postgresql.conf win.
_SETTINGS = """\
# State Hub's settings; it replaces this file at every start. Yours: `alter system`, or postgresql.conf.
max_connections = 100
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
# The log is for what went wrong; it is put aside at a start when it has grown over 10 MB.
logging_collector = off
log_min_duration_statement = -1
log_checkpoints = off
# A hub's queries are short, and workers need more of /dev/shm than the 64 MB that containers give it.
max_parallel_workers_per_gather = 0
"""
_INCLUDE = "\ninclude_if_exists = 'statehub.conf'\n"
_LOG_LIMIT_BYTES = 10_000_000
_SOCKET_PATH_BYTES = 80  # the kernel's limit is 104 (macOS) or 108; the rest is for what clients add to it
_INITDB_S = 120.0
_HERE = "/proc/self/cwd"


@dataclass(frozen=True)
class Cluster:
    """The cluster of a data directory, and the user that its programs run as.

    `reachable` is False when root runs the hub in a directory that this user cannot enter, such as one in
    /root. No directory is opened for it. Its programs are started *inside* the cluster's own directory, which
    belongs to the user, and know it as `/proc/self/cwd`: the data stays where it was asked for, and only
    programs and socket, which hold nothing, are put elsewhere.
    """

    data_dir: Path
    uid: int
    gid: int
    reachable: bool

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """Raises EmbeddedError when root finds no user to run PostgreSQL as."""
        if os.geteuid() != 0:
            return cls(data_dir, os.geteuid(), os.getegid(), reachable=True)
        uid, gid = _server_user(data_dir / "postgres")
        # A directory of a third user could have programs of his put where we run ours from.
        reachable = data_dir.stat().st_uid in (0, uid) and _can_enter(data_dir, uid, gid)
        if not reachable and not Path(_HERE).exists():
            raise EmbeddedError(
                f"root cannot run PostgreSQL itself, and user id {uid} cannot enter {data_dir}:"
                " choose another STATEHUB_DATA_DIR, or run the hub as a normal user"
            )
        return cls(data_dir, uid, gid, reachable)

    @property
    def pgdata(self) -> Path:
        """The cluster's own directory: PostgreSQL's PGDATA."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """What initdb and the server print."""
        return self.data_dir / "postgres.log"

    def log_tail(self) -> str:
        """The last lines of the log, for a message."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return f"the last lines of {self.log}:\n" + "\n".join(f"  {line}" for line in lines)

    def version(self) -> int | None:
        """The major version of the cluster; None when there is none yet."""
        try:
            return int((self.pgdata / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def create(self, version: int, *, sync: bool) -> None:
        """Run initdb aside, then rename: complete or absent. Raises EmbeddedError with what it printed."""
        programs = self._programs(version)
        for ctype in ("C.UTF-8", "C"):  # macOS has no C.UTF-8
            for old in self.data_dir.glob("postgres.new-*"):
                shutil.rmtree(old, ignore_errors=True)  # no server ever ran there
            # A name of its own: the initdb of a starter that was killed may still be writing.
            aside = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.data_dir))
            self._give(aside)
            # `trust`: who may enter the socket's directory (0700) owns the cluster's files, or is root; a
            # password would stand in a file beside them. No address but that socket is ever let in.
            words = [str(programs / "initdb"), "-D", str(aside) if self.reachable else _HERE]
            words += ["--username=postgres", "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
            words += ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}", "--text-search-config=english"]
            if version >= 17:  # sorts by code point everywhere, and never changes with the system's libc
                words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if not sync:
                words.append("--no-sync")
            with self._open_log() as log:
                done = subprocess.run(words, stdout=log, stderr=log, timeout=_INITDB_S, **self._inside(aside))
            if done.returncode == 0:
                break
            if ctype == "C" or "invalid locale name" not in self.log_tail():
                raise EmbeddedError(f"initdb could not make a cluster in {self.data_dir}; {self.log_tail()}")
        with (aside / "postgresql.conf").open("a") as conf:
            conf.write(_INCLUDE)
        aside.rename(self.pgdata)
        if sync:
            parent = os.open(self.data_dir, os.O_RDONLY)
            os.fsync(parent)
            os.close(parent)

    def serve(self, version: int, options: Mapping[str, str]) -> int:
        """Start the server in a session of its own, and return its pid at once; it may not be up yet.

        Raises EmbeddedError while any process of another server of this cluster lives.
        """
        programs, folder = self._programs(version), self._socket_dir()
        socket = folder / f".s.PGSQL.{PORT}"
        ours = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": '"' + str(folder).replace('"', '""') + '"',
            "cluster_name": cluster_name(self.pgdata),
        }
        words = [str(programs / "postgres"), "-D", str(self.pgdata) if self.reachable else _HERE]
        for setting, value in {**options, **ours}.items():
            words += ["-c", f"{setting}={value}"]
        # The shell leaves the server behind as an orphan, so that no parent has to reap it, and says its pid.
        # pg_ctl would do no more, and builds a shell command of the paths. Output goes to the log: a pipe
        # would break with the process that started it.
        with self._open_log() as log, self._sole_server() as guard:
            # PostgreSQL takes any process that has the pid in such a file now for the server.
            for stale in (self.pgdata / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
                stale.unlink(missing_ok=True)
            self._write_settings()
            shell = subprocess.run(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[guard],
                start_new_session=True,
                check=True,
                **self._inside(self.pgdata),
            )
        return int(shell.stdout)

    def _programs(self, version: int) -> Path:
        place = self.data_dir
        if not self.reachable or _no_programs_run_from(place):  # containers mount /dev/shm so
            home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
            place = Path("/var/lib" if os.geteuid() == 0 else home) / "statehub"
        return install(place, version)

    def _socket_dir(self) -> Path:
        folder, short = socket_dirs(self.pgdata)
        length = len(os.fsencode(folder / f".s.PGSQL.{PORT}"))
        # libpq takes a comma for a list of hosts; what is not printable does not survive every URL parser.
        awkward = "," in str(folder) or not str(folder).isprintable()
        if length > _SOCKET_PATH_BYTES or awkward or not self.reachable:
            folder = short
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            # Anybody may make a name in /tmp; a link, or a directory of somebody else, is not ours.
            if folder.is_symlink() or folder.stat().st_uid not in (self.uid, os.geteuid()):
                raise EmbeddedError(f"{folder} is somebody else's; a socket there is not safe") from None
        self._give(folder)
        folder.chmod(0o700)
        return folder

    @contextmanager
    def _sole_server(self) -> Iterator[int]:
        """A locked file for the server to inherit: the kernel lets go when its last process is dead.

        PostgreSQL's own guards are pids and shared memory, which another container does not see.
        """
        guard = open_beside(self.data_dir / "postgres.running", os.O_RDWR)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield guard
        except BlockingIOError:
            raise EmbeddedError(
                f"{self.data_dir} is in use by a server that cannot be reached from here"
                " (another container's, perhaps): stop it there, or use another STATEHUB_DATA_DIR"
            ) from None
        finally:
            os.close(guard)

    def _write_settings(self) -> None:
        aside = self.pgdata / "statehub.conf.new"
        aside.unlink(missing_ok=True)
        with aside.open("x") as conf:
            conf.write(_SETTINGS)
        self._give(aside)
        aside.rename(self.pgdata / "statehub.conf")

    def _open_log(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.fdopen(open_beside(self.log, os.O_WRONLY | os.O_APPEND), "ab")

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _inside(self, folder: Path) -> dict[str, Any]:
        return {"cwd": folder, "env": _environment(), "stdin": subprocess.DEVNULL, **_as(self.uid, self.gid)}


def open_beside(path: Path, flags: int) -> int:
    """Open (or make) a file of the data directory; it belongs to whom the directory belongs to."""
    handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:  # or the owner would be locked out of the hub that root once started for him
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle


def _server_user(pgdata: Path) -> tuple[int, int]:
    if pgdata.exists():
        owner = pgdata.stat()
        if owner.st_uid == 0:
            raise EmbeddedError(f"{pgdata} is root's, and PostgreSQL does not run as root; give it to a user")
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_uid, user.pw_gid
    raise EmbeddedError("PostgreSQL does not run as root, and there is no user postgres or nobody: add one")


def _as(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _can_enter(folder: Path, uid: int, gid: int) -> bool:
    # Tried, not computed from modes: access control lists and user namespaces have a say as well.
    words = ["/bin/sh", "-c", 'cd -- "$0"', str(folder)]
    try:
        return subprocess.run(words, cwd="/", stderr=subprocess.DEVNULL, **_as(uid, gid)).returncode == 0
    except OSError as error:  # a container without CAP_SETUID, or where only root is mapped
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and root may not become user id {uid} here ({error.strerror}):"
            " run the hub as a normal user, or set STATEHUB_DATABASE_URL"
        ) from error


def _no_programs_run_from(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))


def _environment() -> dict[str, str]:
    # A list of what it needs: PG*, LC_* and LANG would change what it does, and the rest (tokens, keys)
    # is none of the business of a server that lives on and may run as another user.
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # macOS makes a server without a locale multithreaded at its start, and it gives up.
    return kept | ({"LC_ALL": "C"} if sys.platform == "darwin" else {})
