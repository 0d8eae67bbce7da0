"""epoch(), start_epoch(): which history of the database this is."""

import re
from contextlib import closing

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.sql.world import API, READER, Connection, Database, insert, temporary_database, value


def test_it_is_twelve_hex_digits_and_the_same_for_everybody(database: Database) -> None:
    epochs = {database.value("select epoch()", options=options) for options in (API, READER)}
    assert len(epochs) == 1
    assert re.fullmatch("[0-9a-f]{12}", epochs.pop())


def test_it_stays_while_people_write_and_fold(owner: Connection) -> None:
    before = value(owner, "select epoch()")
    insert(owner, "topics", slug="new", title="New", domain="infotech")
    owner.execute("select fold(), settle(), pg_notify('statehub', 'core')")
    assert value(owner, "select epoch from revisions()") == value(owner, "select epoch()") == before


def test_it_stays_when_no_new_one_is_due(owner: Connection) -> None:
    before = value(owner, "select start_epoch()")
    assert value(owner, "select start_epoch()") == value(owner, "select epoch()") == before


def test_a_new_one_can_be_forced_any_number_of_times(owner: Connection) -> None:
    epochs = [value(owner, "select epoch()"), *(value(owner, "select start_epoch(true)") for _ in range(3))]
    assert len(set(epochs)) == 4
    assert value(owner, "select epoch()") == epochs[-1]


def test_a_new_one_is_new_even_where_the_clock_went_back(owner: Connection) -> None:
    owner.execute("update epochs set started_at = now() + interval '1 day'")
    before = value(owner, "select epoch()")
    after = value(owner, "select start_epoch(true)")
    assert after != before
    assert value(owner, "select start_epoch()") == value(owner, "select epoch()") == after


def test_a_copy_of_the_database_has_another_one(server: str, template: str) -> None:
    with temporary_database(server, template) as original:
        name = str(conninfo_to_dict(original.url)["dbname"])
        with temporary_database(server, name, renew=False) as copy, closing(copy.connect()) as connection:
            before = value(connection, "select epoch()")
            assert before != original.value("select epoch()")
            assert value(connection, "select start_epoch()") != before
            assert value(connection, "select start_epoch()") == value(connection, "select epoch()")


def test_it_keeps_the_first_event_that_its_transaction_ids_are_good_for(owner: Connection) -> None:
    last = insert(owner, "progress_events", summary="said", author="me")
    owner.execute("select start_epoch(true)")
    assert value(owner, "select max(first_event_id) from epochs") == last + 1


@pytest.mark.parametrize("options", [API, READER])
def test_only_the_owner_starts_one(database: Database, options: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.value("select start_epoch(true)", options=options)
