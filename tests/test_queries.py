"""The named queries: each is found by its name, and PostgreSQL understands it as the app's role."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from statehub import queries, store
from tests.running import API, Hub


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder `sql/queries`, and nothing remembered of the real one."""
    monkeypatch.setattr(queries, "sql_dir", lambda: tmp_path)
    monkeypatch.setattr(queries, "queries", queries.queries.__wrapped__)
    (tmp_path / "queries").mkdir()
    return tmp_path / "queries"


@pytest.fixture
def api(shared_hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the app has it; nothing is written here."""
    with closing(shared_hub.database.connect(API)) as connection:
        yield connection


def test_a_query_is_what_stands_under_its_name(folder: Path) -> None:
    (folder / "one.sql").write_text("-- a head\n\n-- name: get_one\nselect 1;\n\n--name:get_two\n-- why\nselect\n  2\n")
    (folder / "two.sql").write_text("-- name: get_three\nselect 3\n")
    assert queries.queries() == {"get_one": "select 1", "get_two": "-- why\nselect\n  2", "get_three": "select 3"}


def test_a_name_that_stands_twice_is_refused(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.sql").write_text("-- name: get_it\nselect 1")
    with pytest.raises(ValueError, match=r"get_it stands twice \(again in two.sql\)"):
        queries.queries()


@pytest.mark.parametrize("name", sorted(queries.queries()))
def test_postgres_can_prepare_the_query_as_the_apps_role(api: psycopg.Connection[Any], name: str) -> None:
    text = queries.queries()[name]
    api.execute(sql.SQL("prepare it as ") + sql.SQL(text))


def test_every_query_is_used() -> None:
    code = "".join(path.read_text() for path in Path(store.__file__).parent.parent.rglob("*.py"))
    by_kind = "export_"  # f"export_{kind}"
    unused = {name for name in queries.queries() if f'"{name}"' not in code and not name.startswith(by_kind)}
    assert unused == {
        "get_core",  # by section: f"get_{section}"
        "get_progress",
    }


def test_the_sql_folder_is_the_one_beside_the_package() -> None:
    assert (queries.sql_dir() / "migrations").is_dir()
    assert (queries.sql_dir() / "queries" / "state.sql").is_file()
