"""`custodian up` brings an MCP server along, says where it is, and starts it again when it has died."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hubs import CUSTODIAN, Hub, free_port
from tests.mcp.door import HTTP, Door, connected, use
from tests.running import eventually

pytestmark = pytest.mark.anyio
ASK = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    """A whole hub, and what it said."""
    hub = Hub(tmp_path_factory.mktemp("hub") / "data", free_port())
    done = hub.run("up", "--detach")
    assert done.returncode == 0, done.stderr
    yield hub, done.stdout
    hub.run("down")


def door_of(hub: Hub) -> Door:
    """Where hub.json says that the MCP server is."""
    place = json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))["mcp"]
    return Door(f"http://127.0.0.1:{hub.port}", int(place.rpartition(":")[2]))


def parts_of(hub: Hub) -> list[int]:
    """Processes of the MCP server that the supervisor of this hub started."""
    supervisor = json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))["pid"]
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [int(pid) for pid, parent, args in rows if int(parent) == supervisor and " mcp " in args]


async def test_up_says_where_it_is_and_how_to_register_it(started: tuple[Hub, str]) -> None:
    hub, said = started
    door = door_of(hub)
    assert re.search(rf"MCP +{re.escape(door.url)}/mcp", said)
    assert f"claude mcp add --transport http --scope user state-hub {door.url}/mcp" in said
    async with connected(door, HTTP) as client:
        assert (await use(client, "get_state_summary"))["totals"]["topics"]["total"] == 6


async def test_an_mcp_server_that_dies_is_started_again_at_the_same_address(started: tuple[Hub, str]) -> None:
    hub, _ = started
    door = door_of(hub)
    async with connected(door, HTTP) as client:
        await use(client, "get_state_summary")
        (before,) = eventually(lambda: parts_of(hub), "it runs")
        os.kill(before, signal.SIGKILL)
        eventually(lambda: [pid for pid in parts_of(hub) if pid != before], "it is started again", within_s=20)
        assert (await use(client, "get_state_summary"))["token"], "the client's next call works"


async def test_a_token_that_is_made_later_is_asked_for_and_found(started: tuple[Hub, str]) -> None:
    hub, _ = started
    door = door_of(hub)
    made = hub.run("token", "create", "--name", "ann").stdout.strip()
    try:
        eventually(lambda: door.ask("POST", "/mcp", ASK).status == 401, "the token is asked for")
        call = {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "add_progress_event", "arguments": {"summary": "by ann"}},
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {made}", "MCP_Protocol_Version": "2025-06-18"}
        answer = door.ask("POST", "/mcp", call, **headers)
        assert b'"author":"ann"' in answer.body
    finally:
        (hub.data_dir / "token").unlink()


def test_a_port_that_is_taken_is_said_and_so_is_the_setting(started: tuple[Hub, str], tmp_path: Path) -> None:
    hub, _ = started
    environment = hub.environment | {"STATEHUB_MCP_PORT": str(door_of(hub).port), "STATEHUB_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [*CUSTODIAN, "mcp"], env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 4, done.stderr
    assert "STATEHUB_MCP_PORT" in done.stderr
