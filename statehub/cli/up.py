"""`custodian up`: the supervisor of a whole hub. One lock a data directory."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from statehub import calls, embedded, schema
from statehub.cli import binding, hubfile, hublog, links
from statehub.cli.claude_code import add_command
from statehub.cli.connect import token_for
from statehub.cli.hubfile import Hub
from statehub.cli.parts import STOP_WITHIN_S, api_part, dashboard_part, look_after, mcp_part, say, stop_signals
from statehub.cli.ports import listen
from statehub.cli.progress import Progress, telling
from statehub.client import Client
from statehub.dashboard.folders import MISSING, find
from statehub.errors import Conflict, Misdirected, StateHubError, Unavailable
from statehub.postgres_process import is_alive
from statehub.settings import Settings, url_of

READY_WITHIN_S = 60.0
LEAVE_WITHIN_S = 8.0  # a part whose supervisor was killed; it waits up to 5 s for its clients
DATABASE_EVERY_S = 1.0


@dataclass
class Database:
    """The configured database, which others look after, or the embedded one, which runs as long as the hub."""

    settings: Settings
    begin: Callable[[], str]  # its URL, when it runs
    looked_at: float = 0.0

    @classmethod
    @contextmanager
    def of(cls, settings: Settings) -> Iterator[Self]:
        """The embedded server is stopped at the end, unless a command uses it: then that one does."""
        if url := settings.database_url:
            yield cls(settings, lambda: url)
            return
        with embedded.in_use(settings.data_dir, adopt=True) as begin:
            yield cls(settings, lambda: begin().url())

    def start(self) -> str:
        """Its URL. The first time, this makes a cluster."""
        if self.settings.database_url:
            return self.begin()
        there = (self.settings.data_dir / "postgres").exists()
        with telling("starting PostgreSQL" if there else f"making a PostgreSQL in {self.settings.data_dir}"):
            return self.begin()

    def look_after(self) -> None:
        """Start the embedded server again when it has died."""
        now = time.monotonic()
        if self.settings.database_url or now - self.looked_at < DATABASE_EVERY_S:
            return
        self.looked_at = now
        if embedded.find(self.settings.data_dir) is None:
            say("PostgreSQL does not answer; starting it again")
            try:
                self.begin()
            except StateHubError as error:
                say(error.detail)


def run() -> int:
    """Run the hub in the foreground until Ctrl-C or SIGTERM; the exit code."""
    settings = Settings.load()
    with hubfile.held(settings.data_dir) as ours, ExitStack() as stack:
        if not ours:
            hub = hubfile.read(settings.data_dir)
            say(f"the hub is running already: {hub['api'] if hub else 'it is just starting'}")
            return 0
        binding.check(settings)
        stopping = stack.enter_context(stop_signals())
        with telling("waiting for the parts of a hub that was killed"):
            guard = stack.enter_context(hubfile.guarded(settings.data_dir, LEAVE_WITHIN_S))
        listening = stack.enter_context(listen(settings.host, settings.api_port))
        listening_mcp = stack.enter_context(listen(settings.host, settings.mcp_port, "STATEHUB_MCP_PORT"))
        api, mcp = (url_of(*place.getsockname()[:2]) for place in (listening, listening_mcp))
        there: Hub = {"pid": os.getpid(), "api": api, "mcp": mcp}
        listening_dashboard = None
        if find():
            listening_dashboard = stack.enter_context(
                listen(settings.host, settings.dashboard_port, "STATEHUB_DASHBOARD_PORT")
            )
            there["dashboard"] = url_of(*listening_dashboard.getsockname()[:2])
        database = stack.enter_context(Database.of(settings))
        url = database.start()
        with telling("bringing the schema to head"):
            schema.migrate(settings.migrate_url or url, search_language=settings.search_language)
            schema.seed(settings.migrate_url or url)
        if stopping:  # told while it started: nothing that follows is wanted
            say("stopping")
            return 0
        environment = {**os.environ, "STATEHUB_DATABASE_URL": url, "STATEHUB_DATA_DIR": str(settings.data_dir)}
        part = api_part(listening, environment)
        # an address of another hub in the environment is not for this one's own servers
        clients_environment = {**environment, "STATEHUB_API_URL": ""}
        clients = [mcp_part(listening_mcp, clients_environment)]
        if listening_dashboard:
            clients.append(dashboard_part(listening_dashboard, clients_environment))
        for each in (part, *clients):
            each.guard = guard
            stack.callback(each.stop)
        part.start()
        hubfile.write(settings.data_dir, there)
        if _await_ready(api, settings, stopping, part.look_after):
            _announce(there, settings, private=sys.stdout.isatty())
        for each in clients:
            each.start()
        log = hublog.HubLog(hublog.path_of(settings.data_dir))
        look_after([database, part, *clients, log], stopping)
        say("stopping")
    return 0


def detach() -> int:
    """Start the hub in a session of its own; return when it is ready."""
    settings = Settings.load()
    if hub := hubfile.read(settings.data_dir):
        say(f"the hub is running already: {hub['api']}")
        return 0
    binding.check(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = hublog.path_of(settings.data_dir)
    with log.open("ab") as output:
        started = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "statehub.cli.main", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with Progress(f"starting the hub; its log: {log}"):
        hub = _await_hub(settings, process)
    if hub:
        _announce(hub, settings, private=True)
        return 0
    if _is_over(settings, process):
        said = log.read_bytes()[started:].decode(errors="replace").strip()
        raise StateHubError(f"the hub did not start; its log ({log}) says:\n{said[-2000:]}")
    process.terminate()  # it may have ended, and have left it to another `up` that was faster
    raise Unavailable(f"the hub was not ready within {READY_WITHIN_S:.0f} s; its log: {log}")


def stop() -> int:
    """Stop the hub of this data directory; also what a killed one left running."""
    settings = Settings.load()
    if pid := hubfile.supervisor(settings.data_dir):
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 2 * STOP_WITHIN_S
        while is_alive(pid):
            if time.monotonic() > deadline:
                raise Conflict(f"the hub (process {pid}) does not stop; its log: {hublog.path_of(settings.data_dir)}")
            time.sleep(0.05)
        used = not settings.database_url and embedded.find(settings.data_dir)
        say(f"the hub has stopped{'; its PostgreSQL does when the command that uses it ends' if used else ''}")
    elif not settings.database_url and embedded.stop_unused(settings.data_dir):
        say("the hub was not running; its PostgreSQL was, and has stopped")
    else:
        say("the hub is not running")
    return 0


def _await_hub(settings: Settings, process: "subprocess.Popen[bytes]") -> Hub | None:
    """The hub when it is ready, that process's or another's; None when none will be, or it is not ready in time."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        hub = hubfile.read(settings.data_dir)
        if hub and _is_ready(hub["api"], settings):
            return hub
        if _is_over(settings, process):
            return None
        time.sleep(0.05)
    return None


def _is_over(settings: Settings, process: "subprocess.Popen[bytes]") -> bool:
    """Whether it has ended, and not because another `up` was faster, which still lives."""
    code = process.poll()
    return code is not None and (code != 0 or not hubfile.is_held(settings.data_dir))


def _announce(hub: Hub, settings: Settings, *, private: bool) -> None:
    """Say where it all is; `private`: to a person, and to no log."""
    api, mcp, board = hub["api"], hub["mcp"], hub.get("dashboard")
    pages = links.shown(settings, board, private=private) if board else f"none: {MISSING}"
    guarded = token_for(settings, api, ours=True) is not None
    print(
        f"State Hub is up\n  API       {api}\n  summary   {api}/state/summary\n  MCP       {mcp}/mcp\n"
        f"  dashboard {pages}\n"
        f"  data      {settings.data_dir}\n"
        f"Claude Code: {add_command(f'{mcp}/mcp', guarded=guarded)}",
        flush=True,
    )


def _await_ready(api: str, settings: Settings, stopping: list[int], meanwhile: Callable[[], None]) -> bool:
    deadline = time.monotonic() + READY_WITHIN_S
    while not stopping and time.monotonic() < deadline:
        if _is_ready(api, settings):
            return True
        meanwhile()
        time.sleep(0.05)
    if not stopping:
        say(f"the API is not ready after {READY_WITHIN_S:.0f} s; still trying")
    return False


def _is_ready(api: str, settings: Settings) -> bool:
    with contextlib.suppress(StateHubError), Client(api, token=token_for(settings, api, ours=True)) as client:
        try:
            return bool(client.do(calls.get_ready())["status"] in ("ready", "degraded"))
        except Misdirected:  # bound to an address that is not among its names: it answers, and we cannot ask
            return True
    return False
