"""revisions(): the label of a snapshot. It grows with every commit, and nobody waits for it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.sql.world import IMPATIENT, REPEATABLE_READ, Connection, Database, column, table_revisions, value

TOPIC = "insert into topics (slug, title, domain) values (%s, 'A topic', 'infotech')"


@pytest.fixture
def two(database: Database) -> Iterator[tuple[Connection, Connection]]:
    """Two sessions in a transaction each, which fail rather than wait."""
    with closing(database.connect(IMPATIENT)) as one, closing(database.connect(IMPATIENT)) as other:
        one.autocommit = other.autocommit = False
        yield one, other


def core(connection: Connection) -> int:
    return int(value(connection, "select core from revisions()"))


def test_a_section_is_the_sum_of_its_tables(owner: Connection) -> None:
    owner.execute(TOPIC, ["one"])
    for section in ("core", "progress"):
        tables = column(owner, "select tbl from revisions where section = %s", section)
        revisions = table_revisions(owner)
        assert value(owner, f"select {section} from revisions()") == sum(revisions[table] for table in tables)


def test_a_transaction_that_started_first_and_commits_last_is_seen(
    owner: Connection, two: tuple[Connection, Connection]
) -> None:
    early, late = two
    seen = [core(owner)]
    early.execute(TOPIC, ["early"])
    late.execute(TOPIC, ["late"])
    late.commit()
    seen.append(core(owner))
    early.commit()
    seen.append(core(owner))
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_revision_does_not_depend_on_the_order_of_commits(
    owner: Connection, two: tuple[Connection, Connection], order: tuple[int, int]
) -> None:
    before = core(owner)
    two[0].execute(TOPIC, ["one"])
    two[1].execute(TOPIC, ["other"])
    for session in order:
        owner.execute("select fold()")
        two[session].commit()
    assert core(owner) == before + 2


def test_two_writers_of_two_tables_in_opposite_order_do_not_wait(two: tuple[Connection, Connection]) -> None:
    one, other = two
    domain = "insert into domains (slug, name) values (%s, 'A domain')"
    one.execute(TOPIC, ["one"])
    other.execute(domain, ["other"])
    one.execute(domain, ["one"])
    other.execute(TOPIC, ["other"])
    one.commit()
    other.commit()


def test_a_writer_does_not_wait_for_a_fold_nor_a_fold_for_a_writer(
    owner: Connection, two: tuple[Connection, Connection]
) -> None:
    writer, folder = two
    before = core(owner)
    writer.execute(TOPIC, ["one"])
    folder.execute("select fold()")
    writer.execute(TOPIC, ["two"])
    folder.commit()
    writer.commit()
    assert core(owner) == before + 2


def test_a_snapshot_keeps_its_revision_while_others_write_and_fold(database: Database, owner: Connection) -> None:
    with closing(database.connect()) as reader:
        reader.isolation_level = REPEATABLE_READ
        with reader.transaction():
            before = reader.execute("select core, progress, snapshot, tables::text from revisions()").fetchone()
            owner.execute(TOPIC, ["one"])
            owner.execute("select fold()")
            after = reader.execute("select core, progress, snapshot, tables::text from revisions()").fetchone()
        assert after == before
        assert core(reader) > core(owner) - 1 == before[0]  # type: ignore[index]


def test_pending_counts_the_ledger_rows_that_are_not_folded(owner: Connection) -> None:
    owner.execute("select fold()")
    assert value(owner, "select pending from revisions()") == 0
    owner.execute("update domains set name = name")
    assert value(owner, "select pending from revisions()") == 1


def test_the_snapshot_tells_which_transactions_were_in_progress(
    owner: Connection, two: tuple[Connection, Connection]
) -> None:
    xid = value(two[0], "select pg_current_xact_id()::text")
    asked = "select pg_visible_in_snapshot(%s::xid8, snapshot::pg_snapshot) from revisions()"
    assert value(owner, asked, xid) is False
    two[0].commit()
    assert value(owner, asked, xid) is True
