"""append_only.sql, refuse_change(): what is written in the log stays written."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.sql.world import OWNER, SUPERUSER, Connection, Database, insert, value

APPEND_ONLY = ("SH409", "progress_events is append-only: .* refused")
CHANGES = [
    "update progress_events set summary = 'another'",
    "update progress_events set summary = 'another' where false",
    "delete from progress_events",
    "truncate progress_events",
    "insert into progress_events overriding system value select * from progress_events"
    " on conflict (id) do update set summary = 'another'",
    "merge into progress_events as e using (values (1)) as v on true when matched then delete",
]


@pytest.fixture(params=[OWNER, SUPERUSER, f"{SUPERUSER} -c session_replication_role=replica"])
def writer(request: pytest.FixtureRequest, shared: Database) -> Iterator[Connection]:
    """The owner; the superuser; the superuser where ordinary triggers sleep."""
    with closing(shared.connect(request.param)) as connection, connection.transaction(force_rollback=True):
        insert(connection, "progress_events", summary="said", author="me")
        yield connection


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        *((change, APPEND_ONLY) for change in CHANGES),
        ("truncate decisions cascade", APPEND_ONLY),
        ("truncate topics cascade", ("23503", "what is in workplans is in the log, and is not deleted")),
    ],
)
def test_no_event_is_changed_by_anybody(writer: Connection, change: str, refused: tuple[str, str]) -> None:
    before = value(writer, "select jsonb_agg(e order by id) from progress_events as e")
    state, said = refused
    with pytest.raises(psycopg.Error, match=said) as raised, writer.transaction():
        writer.execute(change)
    assert raised.value.sqlstate == state
    assert value(writer, "select jsonb_agg(e order by id) from progress_events as e") == before


def test_events_are_appended(api_tx: Connection) -> None:
    first = insert(api_tx, "progress_events", summary="said", author="me")
    assert insert(api_tx, "progress_events", summary="said again", author="me") > first
