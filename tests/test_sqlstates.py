"""From PostgreSQL's errors to ours, where no comment of a constraint tells what was wrong."""

import pytest

from statehub import sqlstates
from statehub.errors import Invalid, Unavailable
from statehub.store import create_pool
from tests.conftest import Database

pytestmark = pytest.mark.anyio


async def test_where_no_connection_is_left_to_read_the_comment_the_database_is_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlstates, "COMMENT_TIMEOUT_S", 0.1)
    async with create_pool(database.url, size=1) as pool, pool.acquire() as connection:
        with pytest.raises(Unavailable):
            async with sqlstates.Translated(pool):
                await connection.execute("insert into topics (slug, title, domain) values ('no slug', 'A', 'infotech')")


@pytest.mark.parametrize("name", ["task", "workplan"])
async def test_a_rule_that_a_trigger_gives_names_its_field_itself(database: Database, name: str) -> None:
    async with create_pool(database.url) as pool:
        with pytest.raises(Invalid) as raised:
            async with sqlstates.Translated(pool):
                await pool.execute(
                    f"insert into progress_events (summary, author, {name}) values ('said', 'me', gen_random_uuid())"
                )
        assert raised.value.extra["errors"] == [{"pointer": f"/{name}", "detail": "does not exist"}]
