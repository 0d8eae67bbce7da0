"""A hub, and an MCP server on it."""

from collections.abc import Iterator

import pytest

from tests.mcp.door import Door, open_door
from tests.running import Hub


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    """An MCP server on this test's own hub."""
    with open_door(hub.url) as door:
        yield door
