"""A hub and a dashboard that a module's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board, write_pages
from tests.running import Hub, running


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages."""
    return write_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="package")
def shared(server: str, template: str) -> Iterator[Hub]:
    """A hub for the tests that look at rows of their own."""
    with temporary_database(server, template) as database, running(database) as hub:
        yield hub


@pytest.fixture(scope="package")
def board(shared: Hub, folder: Path) -> Iterator[Board]:
    """A dashboard on it."""
    with open_board(shared.url, folder) as board:
        yield board
