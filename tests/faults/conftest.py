"""Databases whose epoch has begun, and a PostgreSQL that may be killed."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database, temporary_database
from tests.faults.cluster import Cluster, cluster


@pytest.fixture
def database(server: str, template: str) -> Iterator[Database]:
    """A database of this test's own. As it is a copy, its epoch is begun here, and not by the app during a test."""
    with temporary_database(server, template) as database:
        database.value("select start_epoch()")
        yield database


@pytest.fixture(scope="module")
def server_of_this_module() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def mortal(server_of_this_module: Cluster) -> Cluster:
    """A server of this module's own, up."""
    server_of_this_module.start()
    return server_of_this_module
