"""row_id: from a short name or an id to the row's id."""

from typing import Any

import psycopg
import pytest


def test_a_short_name_is_found_in_any_case(api: psycopg.Connection[Any]) -> None:
    assert api.execute("select row_id('topics', 'PlatForm') = id from topics where slug = 'platform'").fetchone() == (
        True,
    )


def test_an_id_is_found_as_it_is(api: psycopg.Connection[Any]) -> None:
    assert api.execute("select row_id('topics', id::text) = id from topics limit 1").fetchone() == (True,)


def test_an_unknown_name_is_not_found_and_says_where_to_look(api: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.Error, match="There is no topic nowhere; GET /topics lists them") as raised:
        api.execute("select row_id('topics', 'nowhere')")
    assert raised.value.sqlstate == "SH404"
