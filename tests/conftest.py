"""One server a run, a migrated template, a database a test: real commits, isolated LISTEN/NOTIFY.

The server: `STATEHUB_TEST_DATABASE_URL`, else Docker, else the embedded one in memory.
Never `STATEHUB_DATABASE_URL`: that may be somebody's hub.
"""

import contextlib
import gc
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from statehub import embedded, schema

if TYPE_CHECKING:
    from tests.commands import Custodian
    from tests.running import Hub

# nothing is timed in a test
hypothesis.settings.register_profile("statehub", deadline=None)
hypothesis.settings.load_profile("statehub")

PG_VERSION = int(os.environ.get("STATEHUB_TEST_PG", "18"))
OWNER = "-c role=statehub_owner -c search_path=statehub"
API = "-c role=statehub_api -c search_path=statehub"
READER = "-c role=statehub_ro -c search_path=statehub"


def url_of(server: str, dbname: str) -> str:
    """The URL of another database of the same server."""
    parts: dict[str, Any] = {**conninfo_to_dict(server), "dbname": dbname}
    host = parts.pop("host", "localhost")
    user, port, password = parts.get("user", "postgres"), parts.get("port"), parts.get("password")
    if str(host).startswith("/"):
        return f"postgresql://{user}@/{dbname}?host={host.replace('/', '%2F')}"
    login = f"{user}:{password}" if password else user
    return f"postgresql://{login}@{host}:{port or 5432}/{dbname}"


@dataclass(frozen=True)
class Database:
    """A database of its own, at head and seeded."""

    url: str

    def connect(self, options: str = OWNER, **kwargs: Any) -> psycopg.Connection[Any]:
        """A connection in autocommit mode; as the owner unless told otherwise."""
        return psycopg.connect(self.url, autocommit=True, options=options, **kwargs)

    def value(self, query: str, *params: Any, options: str = OWNER) -> Any:
        """The first column of the first row, on a connection of its own."""
        with closing(self.connect(options)) as connection:
            row = connection.execute(query, params or None).fetchone()
            return row[0] if row else None


@contextmanager
def _docker() -> Iterator[str | None]:
    """PostgreSQL by testcontainers; None where there is no engine."""
    import docker.errors  # type: ignore[import-untyped]
    from testcontainers.community.postgres import PostgresContainer

    container = None
    with contextlib.suppress(docker.errors.DockerException):
        container = PostgresContainer(f"postgres:{PG_VERSION}-alpine", driver=None)
    if container is None:
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()  # the client that failed leaves its socket open
        yield None
        return
    with container:
        yield container.get_connection_url()


@contextmanager
def _embedded() -> Iterator[str]:
    memory = Path("/dev/shm")  # noqa: S108  (a directory of our own is made in it)
    place = Path(tempfile.mkdtemp(prefix="statehub-test-", dir=memory if memory.is_dir() else None))
    place.chmod(0o755)
    options = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
    try:
        yield embedded.start(place, version=PG_VERSION, options=options).url("postgres")
    finally:
        embedded.stop(place, mode="immediate")
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of a server that belongs to this run."""
    if given := os.environ.get("STATEHUB_TEST_DATABASE_URL"):
        yield given
        return
    with _docker() as url:
        if url:
            yield url
            return
    with _embedded() as url:
        yield url


@contextmanager
def temporary_database(server: str, template: str | None = None, *, renew: bool = True) -> Iterator[Database]:
    """A new database of `server`, dropped afterwards.

    A copy begins its epoch here, unless `renew` is false: else the first app on it would, in the middle of a test.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    create = sql.SQL("create database {}").format(sql.Identifier(name))
    if template:
        create += sql.SQL(" template {}").format(sql.Identifier(template))
    with closing(psycopg.connect(server, autocommit=True)) as admin:
        admin.execute(create)
        if template:  # settings of a database do not come along with its template
            admin.execute(sql.SQL("alter database {} set search_path = statehub, public").format(sql.Identifier(name)))
        database = Database(url_of(server, name))
        try:
            if template and renew:
                database.value("select start_epoch()")
            yield database
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """Name of a database at head, seeded, to be copied."""
    with temporary_database(server) as database:
        schema.migrate(database.url)
        schema.seed(database.url)
        yield str(conninfo_to_dict(database.url)["dbname"])


@pytest.fixture
def database(server: str, template: str) -> Iterator[Database]:
    """A database of this test's own."""
    with temporary_database(server, template) as database:
        yield database


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner of the schema."""
    with closing(database.connect(OWNER)) as connection:
        yield connection


@pytest.fixture
def api(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the app has it."""
    with closing(database.connect(API)) as connection:
        yield connection


@pytest.fixture
def hub(database: Database) -> Iterator["Hub"]:
    """The app, on a database of this test's own."""
    from tests.running import running  # it needs this module

    with running(database) as hub:
        yield hub


@pytest.fixture(scope="session")
def shared_hub(server: str, template: str) -> Iterator["Hub"]:
    """One app for the tests that look at nothing but rows of their own."""
    from tests.running import running

    with temporary_database(server, template) as database, running(database) as hub:
        yield hub


@pytest.fixture
def custodian(hub: "Hub", tmp_path: Path) -> "Custodian":
    """The command line, in a home of its own, on the hub of this test."""
    from tests.commands import Custodian

    return Custodian(tmp_path, hub.url)


@pytest.fixture
def anyio_backend() -> str:
    """What `pytest.mark.anyio` runs on."""
    return "asyncio"
