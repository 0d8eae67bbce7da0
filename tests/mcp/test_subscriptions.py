"""A change by psql reaches who is subscribed, in both protocol eras; who is not concerned hears nothing."""

import asyncio
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceUpdatedNotification

from tests.mcp.door import HTTP, HTTP_OLDER, SSE, STDIO, STDIO_OLDER, Door, connected
from tests.running import Hub, eventually

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
