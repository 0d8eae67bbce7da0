"""fold(): moves the ledger into the counters, and nobody can tell."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.sql.world import (
    IMPATIENT,
    Connection,
    Database,
    make_plan,
    make_task,
    table_revisions,
    value,
    wrong_totals,
)

TOTALS = "select json_agg(t order by tbl, key)::text from current_totals as t where n <> 0"
PLANS = "select json_agg(t order by workplan, key)::text from current_workplan_totals as t where n <> 0"


@pytest.fixture
def busy(database: Database, owner: Connection) -> Iterator[Connection]:
    """The owner, with an unfolded ledger; it fails rather than wait."""
    with closing(database.connect(IMPATIENT)) as connection:
        plan = make_plan(connection)
        for _ in range(3):
            make_task(connection, plan)
        connection.execute("update tasks set status = 'done' where code like '%T01'")
        yield connection


def test_revisions_and_totals_are_the_same_before_and_after(busy: Connection) -> None:
    def state() -> tuple[object, ...]:
        return table_revisions(busy), value(busy, TOTALS), value(busy, PLANS)

    before = state()
    assert value(busy, "select fold()") > 0
    assert value(busy, "select count(*) from ledger") == 0
    assert state() == before
    assert wrong_totals(busy) == []
    assert value(busy, "select fold()") == 0


def test_a_fold_that_is_rolled_back_changes_nothing(busy: Connection) -> None:
    before = value(busy, "select count(*) from ledger")
    with busy.transaction(force_rollback=True):
        busy.execute("select fold()")
    assert value(busy, "select count(*) from ledger") == before
    assert wrong_totals(busy) == []


def test_of_two_folders_at_once_one_passes_by(database: Database, busy: Connection) -> None:
    with closing(database.connect(IMPATIENT)) as other, busy.transaction():
        revisions = table_revisions(other)
        assert value(busy, "select fold()") > 0
        assert value(other, "select fold()") == 0
        assert table_revisions(other) == table_revisions(busy) == revisions
        assert wrong_totals(other) == wrong_totals(busy) == []


def test_it_takes_what_is_committed_and_leaves_what_is_not(database: Database, busy: Connection) -> None:
    with closing(database.connect(IMPATIENT)) as other:
        with busy.transaction():
            busy.execute("update tasks set status = 'cancel'")
            other.execute("select fold()")
            assert value(other, "select count(*) from ledger") == 0
            assert wrong_totals(other) == wrong_totals(busy) == []
        assert value(other, "select count(*) from ledger") > 0
        assert wrong_totals(other) == []


def test_it_notifies_nobody(database: Database, busy: Connection) -> None:
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        busy.execute("select fold()")
        busy.execute("select pg_notify('statehub', 'mark')")
        assert [n.payload for n in listener.notifies(timeout=20, stop_after=1)] == ["mark"]
