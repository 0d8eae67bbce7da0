"""`custodian up`: the supervisor. One lock a data directory; parts are processes, restarted with back-off.

The supervisor opens the listening sockets and hands them to the parts, so that
a restart refuses no connection.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from statehub import embedded, schema
from statehub.cli import hubfile
from statehub.client import Client
from statehub.errors import Conflict, StateHubError, Unavailable
from statehub.settings import Settings

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 10.0


@dataclass
class Part:
    """A process of the hub and the command that starts it."""

    name: str
    command: list[str]
    listening: socket.socket
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    next_start: float = 0.0
    started_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it with its socket, and a pipe as stdin whose end tells it that we are gone."""
        self.process = subprocess.Popen(
            [*self.command, "--fd", str(self.listening.fileno()), "--with-parent"],
            stdin=subprocess.PIPE,
            pass_fds=[self.listening.fileno()],
            env=self.environment,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        self.started_at = time.monotonic()

    def look_after(self) -> None:
        """Start it again when it has died, later each time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.next_start:
                self.start()
            return
        if (code := self.process.poll()) is None:
            if now - self.started_at > LAST_RETRY_S:
                self.failures = 0
            return
        wait = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0**self.failures)
        say(f"{self.name} ended with {code}; starting it again in {wait:.1f} s")
        self.process, self.failures, self.next_start = None, self.failures + 1, now + wait

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            say(f"{self.name} did not end within {STOP_WITHIN_S:.0f} s; killed")
            self.process.kill()
            self.process.wait()


def run() -> int:
    """Run the hub in the foreground until Ctrl-C or SIGTERM; the exit code."""
    settings = Settings.load()
    with hubfile.held(settings.data_dir) as ours, ExitStack() as stack:
        if not ours:
            hub = hubfile.read(settings.data_dir)
            say(f"the hub is running already: {hub['api'] if hub else 'it is just starting'}")
            return 0
        stopping = stack.enter_context(_signals())
        listening = stack.enter_context(_listen(settings.host, settings.api_port))
        host, port = listening.getsockname()[:2]
        api = f"http://{'[' + host + ']' if ':' in host else host}:{port}"
        url = stack.enter_context(_database(settings))
        schema.migrate(settings.migrate_url or url)
        schema.seed(settings.migrate_url or url)
        environment = {**os.environ, "STATEHUB_DATABASE_URL": url, "STATEHUB_DATA_DIR": str(settings.data_dir)}
        part = Part("api", [sys.executable, "-m", "statehub.cli.main", "serve"], listening, environment)
        stack.callback(part.stop)
        part.start()
        hubfile.write(settings.data_dir, {"pid": os.getpid(), "api": api})
        if _await_ready(api, stopping, part.look_after):
            _announce(api, settings)
        while not stopping:
            part.look_after()
            time.sleep(0.1)
        say("stopping")
    return 0


def detach() -> int:
    """Start the hub in a session of its own; return when it is ready."""
    settings = Settings.load()
    if hub := hubfile.read(settings.data_dir):
        say(f"the hub is running already: {hub['api']}")
        return 0
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = settings.data_dir / "hub.log"
    with log.open("ab") as output:
        started = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "statehub.cli.main", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        hub = hubfile.read(settings.data_dir)
        if hub and _is_ready(hub["api"]):
            _announce(hub["api"], settings)
            return 0
        if process.poll() is not None:
            said = log.read_bytes()[started:].decode(errors="replace").strip()
            raise StateHubError(f"the hub did not start; its log ({log}) says:\n{said[-2000:]}")
        time.sleep(0.05)
    process.terminate()
    raise Unavailable(f"the hub was not ready within {READY_WITHIN_S:.0f} s; its log: {log}")


def stop() -> int:
    """Stop the hub of this data directory; also what a killed one left running."""
    settings = Settings.load()
    if hub := hubfile.read(settings.data_dir):
        os.kill(hub["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 2 * STOP_WITHIN_S
        while hubfile.read(settings.data_dir):
            if time.monotonic() > deadline:
                raise Conflict(
                    f"the hub (process {hub['pid']}) does not stop; its log: {settings.data_dir / 'hub.log'}"
                )
            time.sleep(0.05)
        say("the hub has stopped")
    elif not settings.database_url and embedded.stop(settings.data_dir):
        say("the hub was not running; its PostgreSQL was, and has stopped")
    else:
        say("the hub is not running")
    return 0


def say(text: str) -> None:
    """A line for people."""
    print(f"custodian: {text}", file=sys.stderr, flush=True)


def _announce(api: str, settings: Settings) -> None:
    print(
        f"State Hub is up\n  API       {api}\n  summary   {api}/state/summary\n  data      {settings.data_dir}",
        flush=True,
    )


@contextmanager
def _signals() -> Iterator[list[int]]:
    """A list that is empty until somebody wants us to stop."""
    caught: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(kind, lambda number, _frame: caught.append(number)) for kind in kinds]
    try:
        yield caught
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"port {port} on {host} is taken ({error.strerror}); choose another with STATEHUB_API_PORT"
            ) from None
        listening.listen(1024)
        yield listening


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The configured database, else the embedded one, which stops when the hub does."""
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded.start(settings.data_dir)
    try:
        yield server.url()
    finally:
        embedded.stop(settings.data_dir)


def _await_ready(api: str, stopping: list[int], meanwhile: Callable[[], None]) -> bool:
    deadline = time.monotonic() + READY_WITHIN_S
    while not stopping and time.monotonic() < deadline:
        if _is_ready(api):
            return True
        meanwhile()
        time.sleep(0.05)
    if not stopping:
        say(f"the API is not ready after {READY_WITHIN_S:.0f} s; still trying")
    return False


def _is_ready(api: str) -> bool:
    with contextlib.suppress(StateHubError), Client(api) as client:
        return bool(client.get_ready()["status"] in ("ready", "degraded"))
    return False
