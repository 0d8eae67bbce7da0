"""Several agents share one MCP server: what one of them finds, or is answered late, takes nothing from the others."""

import asyncio

import pytest

from mcp_server.hub import Place
from tests.conftest import Database
from tests.mcp.door import HTTP, SSE, connected, open_door, use
from tests.mcp.test_subscriptions import OLDER, leave
from tests.mcp.way import way_to
from tests.running import Hub, eventually, held, running

pytestmark = pytest.mark.anyio


async def test_calls_that_are_out_at_once_all_find_a_hub_that_has_moved_and_write_once(hub: Hub) -> None:
    async with way_to(hub.port) as way:
        places = [Place(way.url)]
        with open_door(way.url, locate=lambda: places[-1]) as door:
            async with connected(door, HTTP) as client:
                kept = way.keep("POST /progress", "GET /progress", "GET /state/summary", when_answered=True)
                asked = [
                    asyncio.create_task(use(client, tool, **arguments))
                    for tool, arguments in (
                        ("add_progress_event", {"summary": "one"}),
                        ("add_progress_event", {"summary": "two"}),
                        ("get_recent_progress", {}),
                        ("get_state_summary", {}),
                    )
                ]
                await kept.until(len(asked))  # written, and nobody has been told
                places.append(Place(hub.url))
                await way.end()
                await way.cut()
                one, two, _, summary = await asyncio.gather(*asked)
        assert (one["summary"], two["summary"]) == ("one", "two")
        assert summary["totals"]["topics"]["total"] == 6
    assert hub.database.value("select count(*) from progress_events where summary in ('one', 'two')") == 2


@OLDER
async def test_a_call_is_answered_where_the_follower_has_found_the_hub_before_it(hub: Hub, database: Database) -> None:
    async with way_to(hub.port) as way:
        places = [Place(way.url)]
        with running(database) as moved, open_door(way.url, locate=lambda: places[-1]) as door:
            async with connected(door, SSE) as subscriber, connected(door, HTTP) as client:
                await subscriber.session.subscribe_resource("state://topics")
                kept = way.keep("GET /progress")
                asked = asyncio.create_task(use(client, "get_recent_progress"))
                await kept.until(1)
                places.append(Place(moved.url))
                await way.end()
                await way.cut("GET /state/events")
                followers = moved.state["feed"].subscribers
                await asyncio.to_thread(eventually, lambda: followers, "the follower is there")
                await way.cut()
                assert (await asked)["items"]
                await leave(subscriber, "state://topics")


async def test_an_agent_finds_its_write_in_the_summary_though_another_is_answered_late(hub: Hub) -> None:
    async with way_to(hub.port) as way:
        with open_door(way.url) as door:
            async with connected(door, HTTP) as ann, connected(door, HTTP) as bob:
                since = (await use(ann, "get_state_summary"))["token"]
                kept = way.keep("GET /state/changes", when_answered=True)
                late = asyncio.create_task(use(bob, "get_changes", since=since))
                await kept.until(1)
                await asyncio.to_thread(hub.get, "/state/summary?refresh=true")  # it has what bob will be told
                with held(hub.database) as release:  # no build: a summary has the write only if it waits for one
                    await use(ann, "record_decision", title="by ann", topic="platform")
                    kept.let_go()
                    await late
                    read = asyncio.create_task(use(ann, "get_state_summary", sections=["blocking_decisions"]))
                    waits = hub.cache._waiters
                    await asyncio.to_thread(eventually, lambda: waits or read.done(), "the summary waits for a build")
                    release()
                    assert [row["title"] for row in (await read)["blocking_decisions"]] == ["by ann"]
