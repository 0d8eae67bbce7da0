"""The indexes of search: built without holding up writers, again for another language, whatever was there."""

import threading
from contextlib import closing

import pytest

from statehub import schema, search_indexes
from statehub.errors import SettingsError
from tests.conftest import OWNER, Database
from tests.sql.world import column, make_plan, make_task, value, wait_until

PRESENT = """
    select c.relname::text from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
    where c.relname like 'search\\_%' and c.relname not like 'search_language%' and i.indisvalid order by 1
"""


def present(database: Database) -> list[str]:
    with closing(database.connect()) as owner:
        return column(owner, PRESENT)


def wanted(database: Database, language: str) -> list[str]:
    with closing(database.connect()) as owner:
        return sorted(column(owner, "select name from search_indexes(%s)", language))


def test_another_language_is_built_and_then_searched_and_the_former_one_goes(database: Database) -> None:
    with closing(database.connect()) as owner:
        make_task(owner, make_plan(owner), code="A-1", title="Alle Datenbanken")
    find = "select search('datenbank ', array['task'], null, null, 20, 0)::json #>> '{items,0,name}'"
    assert database.value(find) is None
    schema.migrate(database.url, search_language="german")
    assert database.value(find) == "A-1"
    assert present(database) == wanted(database, "german")
    schema.migrate(database.url)
    assert present(database) == wanted(database, "german"), "who does not say a language leaves it"
    schema.migrate(database.url, search_language="english")
    assert present(database) == wanted(database, "english")


def test_a_language_that_postgres_does_not_have_is_one_clear_line_and_changes_nothing(database: Database) -> None:
    before = present(database)
    with pytest.raises(SettingsError, match=r"STATEHUB_SEARCH_LANGUAGE is 'klingon'; this PostgreSQL has: .*german"):
        schema.migrate(database.url, search_language="klingon")
    assert present(database) == before


def test_an_index_of_a_part_has_statistics_of_the_whole_beside_it_and_both_go_together(database: Database) -> None:
    of_parts = "select name from search_indexes(%s) where among is not null order by 1"
    counted = "select stxname::text from pg_statistic_ext where stxname like 'search\\_%' order by 1"
    for language in ("english", "german"):
        schema.migrate(database.url, search_language=language)
        with closing(database.connect()) as owner:
            assert column(owner, counted) == column(owner, of_parts, language) != []


def test_statistics_that_are_gone_are_made_again(database: Database) -> None:
    counted = "select stxname::text from pg_statistic_ext where stxname like 'search\\_%'"
    name = database.value(counted)
    with closing(database.connect()) as owner:
        owner.execute(f"drop statistics {name}")
    schema.migrate(database.url)
    assert database.value(counted) == name


def test_an_index_that_was_half_built_is_built_again(database: Database) -> None:
    [first, *_] = wanted(database, "english")
    with closing(database.connect("")) as superuser:
        superuser.execute(f"update pg_index set indisvalid = false where indexrelid = 'statehub.{first}'::regclass")
    assert first not in present(database)
    schema.migrate(database.url)
    assert present(database) == wanted(database, "english")


def test_writers_go_on_while_an_index_is_built(database: Database) -> None:
    with (
        closing(database.connect()) as owner,
        closing(database.connect()) as reader,
        closing(database.connect()) as writer,
    ):
        plan = make_plan(writer)
        with reader.transaction():
            value(reader, "select count(*) from tasks")
            make_task(writer, plan)  # the build must wait for whoever may have seen the table before
            build = threading.Thread(target=search_indexes.build, args=(owner, "german"))
            with writer.transaction():
                make_task(writer, plan, code="HELD")
                build.start()
                waits = "select exists (select from pg_stat_activity where query like 'create index concurrently%%'"
                waits += " and datname = current_database() and wait_event_type = 'Lock')"
                wait_until(lambda: bool(database.value(waits, options="")), "the build waits")
                make_task(writer, plan, code="MEANWHILE")
                with closing(database.connect(OWNER)) as other:
                    make_task(other, plan, code="OTHERS")
        build.join(20)
        assert not build.is_alive()
    assert present(database) == wanted(database, "german")
