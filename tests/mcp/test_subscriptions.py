"""A change by psql reaches who is subscribed, in both protocol eras; who is not concerned hears nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceUpdatedNotification

from mcp_server.hub import Hub as SeenHub
from mcp_server.hub import Place
from mcp_server.server import build_server
from statehub.cli.mcp import find_hub
from tests.mcp.deaf import ANSWERS, ROOM_BYTES, deaf_to, updated
from tests.mcp.door import HTTP, HTTP_OLDER, SSE, STDIO, STDIO_OLDER, Door, connected, open_door
from tests.mcp.way import way_to
from tests.running import NO_DATA, Hub, eventually

# the older era's own words
OLDER = pytest.mark.filterwarnings("ignore:resources/.*subscribe is removed")
pytestmark = [pytest.mark.anyio, OLDER]
WITHIN_S = 20.0
PLANS = "state://workplans/platform"


@pytest.fixture
def plan(hub: Hub) -> str:
    """A workplan of the topic platform, with a task."""
    hub.created("/repos", slug="demo", name="Demo", domain="infotech")
    code = str(hub.created("/workplans", repo="demo", title="Plan", status="ready", topic="platform")["code"])
    hub.created("/tasks", workplan=code, title="Task")
    return code


class Heard:
    """The updates that an older client was told of."""

    def __init__(self) -> None:
        self.uris: list[str] = []
        self.news = asyncio.Event()

    async def __call__(self, message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            self.uris.append(str(message.params.uri))
            self.news.set()

    async def until(self, uri: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while uri not in self.uris:
                self.news.clear()
                await self.news.wait()


async def leave(client: Client, uri: str) -> None:
    """The SDK's client breaks when it is told something while it closes; nothing comes after this."""
    await client.session.unsubscribe_resource(uri)


@pytest.mark.parametrize("way", [HTTP, STDIO])
async def test_a_listening_client_is_told_of_a_change_by_psql(hub: Hub, door: Door, plan: str, way: str) -> None:
    uris = [PLANS, "state://tasks/ready", "state://tasks/blocked"]  # told of in this order
    async with connected(door, way) as client, client.listen(resource_subscriptions=uris) as events:
        hub.execute("update tasks set status = 'wait', waiting_on = 'psql'")
        heard = set()
        async with asyncio.timeout(WITHIN_S):
            async for event in events:
                heard.add(str(getattr(event, "uri", "")))
                if {"state://tasks/ready", "state://tasks/blocked"} <= heard:
                    break
        (content,) = (await client.read_resource("state://tasks/blocked", cache_mode="refresh")).contents
        assert '"reason":"psql"' in getattr(content, "text", "")
        assert PLANS not in heard, "the plan reads as before"


@pytest.mark.parametrize("way", [SSE, STDIO_OLDER])
async def test_an_older_client_is_told_of_a_change_by_psql(hub: Hub, door: Door, plan: str, way: str) -> None:
    heard = Heard()
    async with connected(door, way, message_handler=heard) as client:
        await client.session.subscribe_resource("state://tasks/blocked")
        await client.session.subscribe_resource("state://tasks/ready")
        hub.execute("update tasks set status = 'wait'")
        await heard.until("state://tasks/blocked")
        await heard.until("state://tasks/ready")
        await client.session.unsubscribe_resource("state://tasks/ready")
        heard.uris.clear()
        hub.execute("update tasks set status = 'todo'")
        await heard.until("state://tasks/blocked")
        assert "state://tasks/ready" not in heard.uris
        await leave(client, "state://tasks/blocked")


async def test_a_client_that_cannot_be_pushed_to_is_told_what_to_do_instead(door: Door) -> None:
    async with connected(door, HTTP_OLDER) as client:
        with pytest.raises(MCPError, match="wait_for_change"):
            await client.session.subscribe_resource("state://tasks/ready")


async def test_an_unknown_resource_cannot_be_subscribed_to(door: Door) -> None:
    async with connected(door, SSE) as client:
        with pytest.raises(MCPError, match="Unknown resource"):
            await client.session.subscribe_resource("state://nothing")


async def test_nobody_follows_the_hub_before_the_first_subscriber_or_after_the_last(hub: Hub, door: Door) -> None:
    def followers() -> int:
        return len(hub.state["feed"].subscribers)

    async with connected(door, HTTP) as client:
        assert followers() == 0
        async with (
            client.listen(resource_subscriptions=["state://topics"]),
            connected(door, HTTP) as other,
            other.listen(resource_subscriptions=["state://summary"]),
        ):
            assert followers() == 1
        await asyncio.to_thread(eventually, lambda: followers() == 0, "the follower ends")


async def test_a_token_file_that_is_being_mended_does_not_end_who_follows(
    hub: Hub, plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    async with way_to(hub.port) as way:
        settings = {"API_URL": way.url, "DATA_DIR": str(tmp_path)}
        for name, value in settings.items():
            monkeypatch.setenv(f"STATEHUB_{name}", value)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(NO_DATA))
        with open_door(way.url, locate=find_hub) as door:
            async with connected(door, SSE, message_handler=heard) as client:
                await client.session.subscribe_resource("state://tasks/ready")
                (tmp_path / "token").touch(mode=0o600)  # empty: half saved
                again = way.keep("GET /state/events")
                await way.cut("GET /state/events")
                await again.until(1)
                (tmp_path / "token").unlink()
                again.let_go()
                hub.execute("update tasks set status = 'wait'")
                await heard.until("state://tasks/ready")
                await leave(client, "state://tasks/ready")


async def test_a_follower_that_has_ended_alone_is_begun_anew_with_the_next_subscriber(hub: Hub, plan: str) -> None:
    server = build_server(SeenHub(lambda: Place(hub.url)))
    told: asyncio.Queue[Any] = asyncio.Queue()
    server.subscriptions.bus.subscribe(told.put_nowait)
    try:
        await server.subscriptions._watch(["state://tasks/ready"])
        before = server.subscriptions._following
        before[0].cancel()
        await asyncio.wait(before[:1])
        hub.execute("update tasks set status = 'wait'")
        await server.subscriptions._watch(["state://topics"])
        async with asyncio.timeout(WITHIN_S):
            assert (await told.get()).uri == "state://tasks/ready"
            await asyncio.wait(before)
    finally:
        await server.subscriptions.aclose()
        await server.hub.aclose()


async def test_who_leaves_while_it_is_still_being_subscribed_leaves_nothing_behind(hub: Hub, plan: str) -> None:
    heard = Heard()
    async with way_to(hub.port) as way:
        with open_door(way.url) as door:
            async with connected(door, SSE, message_handler=heard) as client:
                connecting = way.keep("GET /state/events")
                subscribed = asyncio.create_task(client.session.subscribe_resource("state://tasks/ready"))
                await connecting.until(1)  # it is known that there is such a resource
                reading = way.keep("GET /tasks/ready")
                connecting.let_go()
                await reading.until(1)
                await client.session.unsubscribe_resource("state://tasks/ready")
                reading.let_go()
                await subscribed
                hub.execute("update tasks set status = 'wait'")  # while nobody is subscribed
                await client.session.subscribe_resource("state://tasks/ready")
                await client.session.subscribe_resource("state://topics")
                hub.execute("update topics set title = title || '!' where slug = 'platform'")
                await heard.until("state://topics")
                assert heard.uris == ["state://topics"]
                await leave(client, "state://tasks/ready")
                await leave(client, "state://topics")


async def test_a_client_that_does_not_read_keeps_nobody_waiting_and_hears_it_once_it_reads(hub: Hub, plan: str) -> None:
    heard, ready, topics = Heard(), "state://tasks/ready", "state://topics"
    with open_door(hub.url, room_bytes=ROOM_BYTES) as door, deaf_to(door) as deaf:
        deaf.subscribe(ready, topics)
        for number in range(ANSWERS):
            deaf.say("tools/list", 100 + number)
        async with connected(door, SSE, message_handler=heard) as client:
            await client.session.subscribe_resource(ready)
            for status in ("wait", "todo", "wait"):
                hub.execute("update tasks set status = %s::task_status", status)
                await heard.until(ready)
                heard.uris.clear()
            await leave(client, ready)
        before = len(deaf.received)
        deaf.until(b'"id":%d,' % (99 + ANSWERS))
        assert len(deaf.received) - before > 2 * 2**16 + 4 * ROOM_BYTES, "more than there is room for"
        deaf.until(updated(ready))
        hub.execute("update topics set title = title || '!' where slug = 'platform'")
        deaf.until(updated(topics))
        assert deaf.received.count(ready.encode()) <= 2, "of three changes, what was on its way and the last"
