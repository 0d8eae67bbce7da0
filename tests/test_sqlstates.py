"""From PostgreSQL's errors to ours, where no comment of a constraint tells what was wrong."""

import pytest

from statehub.errors import Invalid
from statehub.sqlstates import Translated
from statehub.store import create_pool
from tests.conftest import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["task", "workplan"])
async def test_a_rule_that_a_trigger_gives_names_its_field_itself(database: Database, name: str) -> None:
    async with create_pool(database.url) as pool:
        with pytest.raises(Invalid) as raised:
            async with Translated(pool):
                await pool.execute(
                    f"insert into progress_events (summary, author, {name}) values ('said', 'me', gen_random_uuid())"
                )
        assert raised.value.extra["errors"] == [{"pointer": f"/{name}", "detail": "does not exist"}]
