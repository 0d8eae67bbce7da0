"""A PostgreSQL of a test's own, that may be killed; the API processes on it; and the way between them."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg

from statehub import embedded, schema
from statehub.postgres_process import PORT, cluster_name, read_pid_file
from tests.conftest import PG_VERSION, Database
from tests.faults.world import SUMMARY_LIMIT
from tests.hubs import free_port
from tests.running import eventually

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Cluster:
    """An embedded server in memory, where an fsync costs nothing, so that it is left on."""

    place: Path
    options: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    def start(self) -> None:
        """Start it, or attach to it."""
        self.url = embedded.start(self.place, version=PG_VERSION, options=self.options).url()

    def stop(self, mode: Literal["fast", "immediate"]) -> None:
        embedded.stop(self.place, mode=mode)

    @property
    def database(self) -> Database:
        return Database(self.url)

    @property
    def socket(self) -> Path:
        """The file of its socket."""
        server = embedded.find(self.place)
        assert server
        return server.socket_dir / f".s.PGSQL.{PORT}"

    @property
    def postmaster(self) -> int:
        found = read_pid_file(self.place / "postgres")
        assert found
        return found.pid

    def admin(self) -> psycopg.Connection[Any]:
        """The superuser, in a database that nobody locks."""
        return psycopg.connect(self.url.replace("/statehub?", "/postgres?"), autocommit=True, connect_timeout=10)

    def backends(self, *names: str) -> list[int]:
        """Pids of the sessions of these application names."""
        query = "select pid from pg_stat_activity where application_name = any(%s) and datname = 'statehub'"
        with closing(self.admin()) as connection:
            return [pid for (pid,) in connection.execute(query, [list(names)])]

    def processes(self) -> list[int]:
        """The server and all its children."""
        children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        return [self.postmaster, *map(int, children)]

    def signal(self, pid: int, kind: signal.Signals) -> bool:
        """Signal one of its processes; false when there is none of that pid any more."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if cluster_name(self.place / "postgres").encode() in words:
                os.kill(pid, kind)
                return True
        except (FileNotFoundError, ProcessLookupError):
            pass
        return False

    def is_up(self) -> bool:
        """Whether it takes a connection."""
        try:
            with closing(self.admin()):
                return True
        except psycopg.OperationalError:
            return False

    def wait(self) -> None:
        """Until it takes connections again."""
        eventually(self.is_up, "the database is back", within_s=40)


@contextmanager
def cluster(**options: str) -> Iterator[Cluster]:
    """A new server with a migrated, seeded database `statehub`."""
    memory = Path("/dev/shm")  # noqa: S108  (a directory of our own is made in it)
    place = Path(tempfile.mkdtemp(prefix="statehub-faults-", dir=memory if memory.is_dir() else None))
    place.chmod(0o755)
    made = Cluster(place, {"max_connections": "200", "restart_after_crash": "on", **options})
    try:
        made.start()
        schema.migrate(made.url)
        schema.seed(made.url)
        yield made
    finally:
        with contextlib.suppress(AssertionError, FileNotFoundError):
            for pid in made.processes():
                made.signal(pid, signal.SIGCONT)
        made.stop("immediate")
        shutil.rmtree(place)


@dataclass
class Doors:
    """The proxy process: one door for each API process's listener."""

    process: subprocess.Popen[str]
    ports: list[int]

    def command(self, door: int, mode: str) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{door} {mode}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def url(self, door: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.ports[door]}/statehub?sslmode=disable"


@contextmanager
def doors(made: Cluster, number: int) -> Iterator[Doors]:
    """A proxy before this server."""
    words = [sys.executable, "-m", "tests.faults.proxy", str(made.socket), str(number)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Doors(process, [int(port) for port in process.stdout.readline().split()])
        finally:
            process.kill()


def environment(**settings: str) -> dict[str, str]:
    """That of an API process: nothing of ours but these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("STATEHUB_", "PG"))}
    return ours | {f"STATEHUB_{name.upper()}": value for name, value in settings.items()}


@dataclass
class Api:
    """A process that serves."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def stop(self, within_s: float = 15.0) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(within_s)


@contextmanager
def serving(folder: Path, words: list[str] | None = None, **settings: str) -> Iterator[Api]:
    """`custodian serve` (or these words after `python -m`) with these settings, on a free port."""
    port = free_port()
    log = folder / f"api-{port}.log"
    command = [sys.executable, "-m", *(words or ["statehub.cli.main", "serve"])]
    defaults = {"summary_limit": str(SUMMARY_LIMIT), "data_dir": str(folder)}
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment(**{**defaults, **settings}, api_port=str(port)), "FAULTS_HEARTBEAT_S": "0.5"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield Api(process, port, log)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def elapsed(since: float) -> float:
    return time.monotonic() - since
