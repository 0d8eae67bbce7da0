"""The hub goes and comes back, the MCP server restarts: the tools say so, and go on by themselves."""

import asyncio
import subprocess

import pytest

from tests.conftest import Database
from tests.hubs import free_port
from tests.mcp.door import HTTP, HTTP_OLDER, SSE, STDIO, Door, by_stdio, connected, open_door, refused, use
from tests.mcp.test_subscriptions import OLDER, Heard, leave
from tests.running import running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("way", [HTTP, SSE, STDIO])
async def test_without_a_hub_a_tool_says_what_to_start_and_works_once_it_is_there(database: Database, way: str) -> None:
    port = free_port()
    with open_door(f"http://127.0.0.1:{port}") as door:
        async with connected(door, way) as client:
            assert "custodian up" in await refused(client, "get_state_summary")
            assert "custodian up" in await refused(client, "create_workplan", repo="demo", title="x")
            with running(database, port=port) as hub:
                hub.created("/repos", slug="demo", name="Demo", domain="infotech")
                assert (await use(client, "get_state_summary"))["totals"]["topics"]["total"] == 6
                await use(client, "create_workplan", repo="demo", title="x")
            assert "custodian up" in await refused(client, "get_task", task="X")


@pytest.mark.parametrize("way", [HTTP, HTTP_OLDER])
async def test_a_client_of_mcp_goes_on_when_the_server_has_restarted(database: Database, way: str) -> None:
    port = free_port()
    with running(database) as hub:
        with open_door(hub.url, port=port) as door:
            client_of = connected(door, way)
            client = await client_of.__aenter__()
            await use(client, "get_state_summary")
        try:
            with open_door(hub.url, port=port):
                answer = await use(client, "add_progress_event", summary="after the restart")
                assert answer["author"] == "tester-7"
        finally:
            await client_of.__aexit__(None, None, None)


@OLDER
async def test_subscribers_are_told_of_what_changed_while_the_hub_was_away(database: Database) -> None:
    port, heard = free_port(), Heard()
    with open_door(f"http://127.0.0.1:{port}") as door:
        async with connected(door, SSE, message_handler=heard) as client:
            with running(database, port=port) as hub:
                hub.created("/repos", slug="demo", name="Demo", domain="infotech")
                plan = hub.created("/workplans", repo="demo", title="x", status="ready")["code"]
                await client.session.subscribe_resource("state://tasks/ready")
            with running(database, port=port) as hub:
                hub.created("/tasks", workplan=plan, title="x")
                await heard.until("state://tasks/ready")
                await leave(client, "state://tasks/ready")


async def test_stdio_ends_with_its_client_and_says_nothing_but_answers_on_stdout(door: Door) -> None:
    started = by_stdio(door.api)
    done = await asyncio.to_thread(
        subprocess.run,
        [started.command, *started.args], input=b"", env=started.env, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"")
