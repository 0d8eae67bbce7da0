"""The hub as it runs: the real app under a real uvicorn, asked over real HTTP; and a way to the database that fails."""

import http.client
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psycopg
import uvicorn
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from statehub.app import create_app, uvicorn_options
from statehub.cache import SectionCache
from statehub.listener import Listener
from statehub.settings import Settings
from tests.conftest import API, OWNER, Database
from tests.hubs import free_port

T = TypeVar("T")

SUMMARY = "/state/summary"
JSON = "application/json"
# not the data directory of whoever runs the tests: a token may be in it
NO_DATA = Path(__file__).parent / "no-such-directory"


def eventually(condition: Callable[[], T | None], what: str = "", within_s: float = 20.0) -> T:
    """The first true value of `condition`, asked again until the deadline."""
    deadline = time.monotonic() + within_s
    while True:
        if found := condition():
            return found
        assert time.monotonic() < deadline, f"not within {within_s} s: {what or condition}"
        time.sleep(0.005)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage | Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, as a document."""
        return json.loads(self.body)

    @property
    def cache(self) -> str:
        """What the summary says of itself."""
        return self.headers["X-StateHub-Cache"]


def _read(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    return Answer(response.status, response.headers, body)


@dataclass
class Hub:
    """A running hub, its database, and the parts of it that a test may look at."""

    port: int
    database: Database
    state: Mapping[str, Any] = field(repr=False)  # all that it holds: a megabyte

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cache(self) -> SectionCache:
        cache: SectionCache = self.state["cache"]
        return cache

    @property
    def listener(self) -> Listener:
        listener: Listener = self.state["listener"]
        return listener

    def ask(self, method: str, path: str, document: Any = None, *, body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own. Header names are written with underscores."""
        if document is not None:
            body = json.dumps(document).encode()
        return self._ask(method, path, body, headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        return self._ask("POST", path, json.dumps(document).encode(), headers)

    def patch(self, path: str, document: Any, **headers: str) -> Answer:
        return self._ask("PATCH", path, json.dumps(document).encode(), headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self._ask("DELETE", path, None, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("Content-Type", JSON)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, sent)
            return _read(connection.getresponse())

    def created(self, path: str, **document: Any) -> Any:
        """The row that this made."""
        answer = self.post(path, document)
        assert answer.status == 201, answer.body
        return answer.json

    def say(self, request: bytes) -> Answer:
        """The answer to these bytes, as they are."""
        with closing(self.dial()) as connection:
            connection.sendall(request)
            return heard(connection)

    def dial(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def execute(self, query: str, *params: Any, options: str = OWNER) -> None:
        """What somebody does by psql."""
        with closing(self.database.connect(options)) as connection:
            connection.execute(query, params or None)

    def settled(self) -> Answer:
        """The summary, once nothing is known that it lacks."""
        return eventually(lambda: answer if (answer := self.get(SUMMARY)).cache == "hit-revision" else None, "a hit")

    def sessions(self, application_name: str) -> list[int]:
        """Backends of the hub's connections of that name."""
        query = (
            "select array_agg(pid) from pg_stat_activity where datname = current_database() and application_name = %s"
        )
        return self.database.value(query, application_name) or []


def heard(connection: socket.socket) -> Answer:
    """The answer that stands on this connection."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return _read(response)
    finally:
        response.close()


@contextmanager
def running(database: Database, *, through: str | None = None, port: int = 0, **settings: Any) -> Iterator[Hub]:
    """A hub on this database, on a free port unless one is named, in a thread with its own event loop.

    It may come again on that port: nobody else gets it meanwhile. `through` is another way to the database; the rest
    are settings.
    """
    chosen = Settings(**{"api_port": 0, "data_dir": NO_DATA, **settings})
    config = uvicorn.Config(create_app(chosen, through or database.url), **uvicorn_options(chosen))
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", port or free_port()))) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, name="hub")
        thread.start()
        try:
            eventually(lambda: server.started or not thread.is_alive(), "the hub starts", within_s=20)
            assert server.started
            yield Hub(place.getsockname()[1], database, server.lifespan.state)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive(), "the hub does not stop"


@dataclass
class _Pair:
    """One connection through the link: both ends."""

    near: socket.socket
    far: socket.socket
    frozen: bool = False

    def other(self, end: socket.socket) -> socket.socket:
        return self.far if end is self.near else self.near

    def close(self) -> None:
        self.near.close()
        self.far.close()


@dataclass
class Link:
    """A TCP way to the database that can be cut, refused, or frozen so that it stays open and carries nothing."""

    database: Database
    port: int = 0
    _door: socket.socket | None = None
    _pairs: list[_Pair] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The database, by way of this link."""
        parts = conninfo_to_dict(self.database.url)
        user, password = quote(str(parts.get("user", "postgres"))), parts.get("password")
        login = f"{user}:{quote(str(password))}" if password else user
        return f"postgresql://{login}@127.0.0.1:{self.port}/{parts['dbname']}"

    def accept(self) -> None:
        """Let connections through, from now on."""
        with self._lock:
            self._door = socket.create_server(("127.0.0.1", self.port))
            self.port = self._door.getsockname()[1]

    def refuse(self) -> None:
        """End every connection, and refuse new ones."""
        with self._lock:
            if self._door:
                self._door.close()
                self._door = None
            self.cut()

    def cut(self) -> None:
        """End every connection that there is."""
        with self._lock:
            while self._pairs:
                self._pairs.pop().close()

    def freeze(self) -> None:
        """What is connected stays connected, and nothing arrives any more; new connections work."""
        with self._lock:
            for pair in self._pairs:
                pair.frozen = True

    def run(self) -> None:
        """Carry bytes until it is over."""
        while not self._over.is_set():
            with self._lock, selectors.DefaultSelector() as ready:
                if self._door:
                    ready.register(self._door, selectors.EVENT_READ, None)
                for pair in self._pairs:
                    for end in (pair.near, pair.far):
                        ready.register(end, selectors.EVENT_READ, pair)
                events = ready.select(0.002) if ready.get_map() else []
                for key, _ in events:
                    if key.data is None:
                        self._welcome()
                    elif key.data in self._pairs:
                        self._carry(key.data, key.fileobj)
            self._over.wait(0.0005)  # others want the lock

    def end(self) -> None:
        self._over.set()
        self.refuse()

    def _welcome(self) -> None:
        assert self._door
        near, _ = self._door.accept()
        self._pairs.append(_Pair(near, self._dial()))

    def _dial(self) -> socket.socket:
        parts = conninfo_to_dict(self.database.url)
        host, port = str(parts.get("host", "localhost")), int(parts.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(Path(host) / f".s.PGSQL.{port}"))
        return far

    def _carry(self, pair: _Pair, end: Any) -> None:
        try:
            found = end.recv(2**16)
            if found and not pair.frozen:
                pair.other(end).sendall(found)
        except OSError:
            found = b""
        if not found:
            self._pairs.remove(pair)
            pair.close()


@contextmanager
def linked(database: Database) -> Iterator[Link]:
    """A link to this database, open."""
    link = Link(database)
    link.accept()
    thread = threading.Thread(target=link.run, name="link")
    thread.start()
    try:
        yield link
    finally:
        link.end()
        thread.join(timeout=10)


@contextmanager
def held(database: Database, table: str = "workplan_totals") -> Iterator[Callable[[], None]]:
    """No build goes on until this ends, or until what it yields is called: it reads a table that is locked.

    Writers need neither `workplan_totals`, which the core section reads, nor `revisions`, which its label reads.
    """
    with closing(psycopg.connect(database.url, options=OWNER)) as connection:
        connection.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(table)))
        yield connection.rollback


def waits_for_a_lock(database: Database) -> bool:
    """Whether a connection of the hub's pool stands before a lock."""
    query = """
        select exists (select from pg_stat_activity where datname = current_database()
            and application_name = 'statehub api' and wait_event_type = 'Lock')
    """
    return bool(database.value(query, options=""))


def problem(answer: Answer, status: int, *, path: str | None = None) -> Any:
    """The problem document (RFC 9457) of this answer, which tells nothing of the inside."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json
    assert found["status"] == status
    assert all(isinstance(found[key], str) and found[key] for key in ("type", "title", "detail", "instance"))
    assert path is None or found["instance"] == path
    for errors in found.get("errors", []):
        assert set(errors) == {"pointer", "detail"}
    text = answer.body.decode().lower()
    for secret in (
        "select ",
        "insert into",
        "update tasks",
        "asyncpg",
        "traceback",
        "sqlstate",
        "/wor" + "k/",
        "site-packages",
    ):
        assert secret not in text
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    return found


__all__ = [
    "API",
    "JSON",
    "OWNER",
    "SUMMARY",
    "Answer",
    "Hub",
    "Link",
    "eventually",
    "heard",
    "held",
    "linked",
    "problem",
    "running",
    "waits_for_a_lock",
]
