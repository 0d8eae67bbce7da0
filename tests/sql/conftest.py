"""A database for tests that need no commit: what they write is taken back."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.sql.log import Log
from tests.sql.world import API, OWNER, SUPERUSER, Connection, Database, temporary_database


@pytest.fixture(scope="session")
def shared(server: str, template: str) -> Iterator[Database]:
    """A database that stays as the template is."""
    with temporary_database(server, template) as database:
        yield database


@pytest.fixture
def owner_tx(shared: Database) -> Iterator[Connection]:
    """The owner, in a transaction that is rolled back."""
    with closing(shared.connect(OWNER)) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def api_tx(shared: Database) -> Iterator[Connection]:
    """As the app has it, in a transaction that is rolled back."""
    with closing(shared.connect(API)) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture(params=[API, OWNER, SUPERUSER], ids=["api", "owner", "superuser"])
def log(request: pytest.FixtureRequest, shared: Database) -> Iterator[Log]:
    """The log, as the app, the owner and a superuser at psql write it; rolled back."""
    with closing(shared.connect(request.param)) as connection, connection.transaction(force_rollback=True):
        yield Log(connection)


@pytest.fixture
def simple(api_tx: Connection) -> Log:
    """The log, as the app writes it; rolled back."""
    return Log(api_tx)
