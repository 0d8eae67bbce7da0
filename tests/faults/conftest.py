"""Databases whose epoch has begun, and a PostgreSQL that may be killed."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database, temporary_database
from tests.faults.cluster import Cluster, cluster


@pytest.fixture
def database(server: str, template: str) -> Iterator[Database]:
    """A database of this test's own. It is a copy, so its epoch is begun here, and not by the app in the midst of a test."""
    with temporary_database(server, template) as database:
        database.value("select start_epoch()")
        yield database


@pytest.fixture(scope="module")
def mortal() -> Iterator[Cluster]:
    """A server of this module's own."""
    with cluster() as made:
        yield made
