"""A PostgreSQL that may be killed."""

from collections.abc import Iterator

import pytest

from tests.faults.cluster import Cluster, cluster


@pytest.fixture(scope="module")
def server_of_this_module() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def mortal(server_of_this_module: Cluster) -> Cluster:
    """A server of this module's own, up."""
    server_of_this_module.start()
    return server_of_this_module
