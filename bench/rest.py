"""What does the REST API cost?

A hub of 100,000 tasks in 1,000 workplans, on disk with fsync. One process each, 10 connections to the database, 16
clients that ask again at once, for tasks by chance:

hub      as `custodian serve` runs it, which builds its summary and folds its ledger meanwhile
limit    the least that an ASGI application can do: the hub's own queries, and their text (_rest_limit.py)
peer     FastAPI and SQLAlchemy, the same tables and triggers, the same answers (_rest_peer.py)

get and patch of one task, create, and two lists of 50: those to do, and those to do of one workplan; `list_vs_…` is the
lesser of the two. Slices take turns, the order turns with the rounds, and a ratio is the median of the rounds' ratios.
Who is not measured is halted (SIGSTOP), and somebody else folds the ledger each second: the hub's work beside its
answers costs the hub alone. `cpu_us` is the CPU time of the server's main thread for a request, `db_us` that of all of
Postgres, where /proc tells. On a busy machine `…_cpu`, the ratio of their sums, is truer than requests a second.
"""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import uvicorn
from _common import API, OWNER, connect, make_database, paired_ratio, report, spread, temporary_server
from _load import CLIENTS, Load, load_requests
from _rest_requests import CONTENT, asked, headers_of, requests
from _serving import Running, cpu_s, running

from statehub.app import create_app, uvicorn_options
from statehub.queries import queries
from statehub.settings import Settings

OPERATIONS = ("get", "list_todo", "list_workplan", "create", "patch")
NAMES = ("hub", "limit", "peer")
ROUNDS, SLICE_S, LIFETIME_S, POOL = 5, 1, 300, 10
UNEQUAL = ("id", "code", "created_at", "updated_at", "version")
"""What differs between two tasks that were created alike."""
BUSY = """
select count(*) from pg_stat_activity
where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid() and datname = current_database()
"""


@dataclass(frozen=True)
class Slice:
    """What a slice showed; CPU time in microseconds a request."""

    load: Load
    cpu_us: float
    db_us: float


def serve(name: str, fd: str, url: str) -> None:
    """Run one of the servers on a listening socket."""
    signal.alarm(LIFETIME_S)  # so that it ends even where the benchmark was killed
    settings = Settings(data_dir=Path(__file__).parent / "no-such-directory")  # no access token
    app: Any
    match name:
        case "hub":
            app = create_app(settings, url)
        case "limit":
            from _rest_limit import create_app as create_limit

            app = create_limit(url)
        case _:
            from _rest_peer import create_app as create_peer

            app = create_peer(url, POOL)
    with socket.socket(fileno=int(fd)) as listening:
        uvicorn.Server(uvicorn.Config(app, **uvicorn_options(settings))).run(sockets=[listening])


@contextmanager
def folding(url: str) -> Iterator[None]:
    """Somebody folds the ledger each second, as every hub does."""
    stop, tend = threading.Event(), queries()["tend"].encode()

    def fold(connection: psycopg.Connection[Any]) -> None:
        while not stop.wait(1):
            connection.execute(tend)

    with closing(connect(url, API)) as connection:
        thread = threading.Thread(target=fold, args=[connection])
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def ask(server: Running, operation: str, n: int, turn: int = 0) -> Any:
    """The document that it answers with."""
    method, path, document = asked(operation, n, turn)
    body = None if document is None else json.dumps(document).encode()
    answer, text = server.ask(method, path, headers_of(document), body)
    assert answer.status in (200, 201), (operation, answer.status, text)
    return json.loads(text)


def comparable(document: Any, *, written: bool) -> Any:
    """A page's items, or a row; times as times, and without what two writes cannot have in common."""
    if "items" in document:
        return [comparable(item, written=False) for item in document["items"]]
    row = {name: value for name, value in document.items() if not (written and name in UNEQUAL)}
    return row | {k: datetime.fromisoformat(v) for k, v in row.items() if k.endswith("_at") and v}


def check(servers: dict[str, Running], rows: int) -> None:
    """All answer alike."""
    for operation in OPERATIONS:
        for n in range(1_000, 1_000 + rows):
            written = operation in ("create", "patch")
            found = {name: ask(server, operation, n, turn=i) for i, (name, server) in enumerate(servers.items())}
            if operation == "patch":
                assert [row["title"][-10:] for row in found.values()] == [f"{i}. edition" for i in range(3)]
                continue
            hub, *others = (comparable(document, written=written) for document in found.values())
            assert hub, operation
            assert all(hub == other for other in others), (operation, found)


def drain(owner: psycopg.Connection[Any]) -> None:
    """Return when nobody is at work in the database, or after a second: who is halted must hold no lock."""
    until = time.monotonic() + 1
    while owner.execute(BUSY).fetchall() != [(0,)] and time.monotonic() < until:
        time.sleep(0.005)


def measure(server: Running, operation: str, turn: int, owner: psycopg.Connection[Any]) -> Slice:
    """One slice. The server is halted before and after it."""
    stock = requests(operation, server.port, turn)
    server.go_on()
    ask(server, "get", turn)  # it has caught up with what it missed
    processes = [pid for (pid,) in owner.execute("select pid from pg_stat_activity").fetchall()]
    before, db_before = server.cpu_s(), sum(map(cpu_s, processes))
    load = load_requests(server.port, stock, SLICE_S)
    us = 1e6 / (load.rps * SLICE_S)
    found = Slice(load, (server.cpu_s() - before) * us, (sum(map(cpu_s, processes)) - db_before) * us)
    drain(owner)
    server.halt()
    return found


def main() -> None:
    """Run and report."""
    try:
        import _rest_peer  # noqa: F401
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}; the peer needs the extra `bench`: make install, or pip install -e '.[bench]'"
        ) from None
    measured: dict[tuple[str, str], list[Slice]] = {(name, operation): [] for operation in OPERATIONS for name in NAMES}
    with ExitStack() as stack:
        url = make_database(stack.enter_context(temporary_server()))
        owner = stack.enter_context(closing(connect(url, OWNER + " -c statehub.author=bench")))
        owner.execute(CONTENT)
        owner.execute("vacuum analyze")
        stack.enter_context(folding(url))
        servers = {name: stack.enter_context(running(__file__, name, url)) for name in NAMES}
        check(servers, 20)
        drain(owner)
        for server in servers.values():
            server.halt()
        for turn in range(ROUNDS + 1):
            place = turn % len(NAMES)
            for operation in OPERATIONS:
                for number, name in enumerate((*NAMES[place:], *NAMES[:place])):
                    slice_ = measure(servers[name], operation, turn * len(NAMES) + number, owner)
                    if turn:  # the first one warms up
                        measured[name, operation].append(slice_)
        for server in servers.values():
            server.go_on()
        check(servers, 5)

    tell(measured)


def tell(measured: dict[tuple[str, str], list[Slice]]) -> None:
    """Ratios, figures, table."""
    rps = {key: [s.load.rps for s in slices] for key, slices in measured.items()}
    cpu = {key: [s.cpu_us + s.db_us for s in slices] for key, slices in measured.items()}
    ratios: dict[str, float] = {}
    for other in NAMES[1:]:
        found = {o: paired_ratio(rps["hub", o], rps[other, o]) for o in OPERATIONS}
        found |= {"list": min(found["list_todo"], found["list_workplan"])}
        ratios |= {f"{o}_vs_{other}": ratio for o, ratio in found.items()}
        if all(map(all, cpu.values())):
            ratios |= {f"{o}_vs_{other}_cpu": paired_ratio(cpu[other, o], cpu["hub", o]) for o in OPERATIONS}
    figures: dict[str, float] = {}
    rows = []
    for (name, operation), slices in measured.items():
        found = {"rps": median(rps[name, operation]), "p50_ms": median(s.load.p50_ms for s in slices)}
        found |= {"p99_ms": median(s.load.p99_ms for s in slices)}
        found |= {"cpu_us": median(s.cpu_us for s in slices), "db_us": median(s.db_us for s in slices)}
        figures |= {f"{name}_{operation}_{figure}": value for figure, value in found.items()}
        _, p50, p99, *times = found.values()
        shown = (spread(rps[name, operation]), f"{p50:,.1f}", f"{p99:,.1f}", *(f"{us:,.0f}" for us in times))
        rows.append([f"{operation}: {name}", *shown])
    columns = [f"{CLIENTS} clients, {POOL} connections", "requests/s", "p50 ms", "p99 ms", "CPU us", "Postgres us"]
    report("rest", "What does the REST API cost?", columns, rows, ratios, figures)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
