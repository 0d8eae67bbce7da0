"""Other people's clients, in Node: the TypeScript SDK over both of its HTTP transports, and the MCP inspector's CLI."""

import json
import subprocess
from typing import Any

import pytest

from tests.mcp.door import Door
from tests.mcp.node import PLACE, node
from tests.mcp.test_tools import QUERIES, WRITES
from tests.running import Hub


@pytest.mark.parametrize(("kind", "path"), [("http", "/mcp"), ("sse", "/sse")])
def test_the_typescript_client_lists_calls_reads_and_is_told(hub: Hub, door: Door, kind: str, path: str) -> None:
    hub.created("/repos", slug="demo", name="Demo", domain="infotech")
    plan = hub.created("/workplans", repo="demo", title="Plan", status="ready")["code"]
    command = [node(), str(PLACE / "sdk_client.mjs"), door.url + path, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        if kind == "sse":
            assert process.stdout.readline() == "subscribed\n"
            hub.execute(
                "insert into tasks (workplan, repo, title) select id, repo, 'by psql' from workplans where code = %s",
                plan,
            )
        said, failed = process.communicate(timeout=60)
    assert process.returncode == 0, failed
    found: Any = json.loads(said)
    assert set(found["tools"]) == QUERIES | WRITES
    assert found["author"] == "typescript-7"
    assert hub.database.value("select author from progress_events where summary = %s", f"by {kind}") == "typescript-7"
    assert found["totals"]["workstreams"]["total"] == 1
    assert "unknown task" in found["refused"]
    assert set(found["prompts"]) == {"start_session", "hand_over"}
    assert found["heard"] == ("state://tasks/ready" if kind == "sse" else None)


@pytest.mark.parametrize("path", ["/mcp", "/sse"])
def test_the_inspector_lists_the_tools(door: Door, path: str) -> None:
    inspector = PLACE / "node_modules/.bin/mcp-inspector"
    command = [node(), str(inspector), "--cli", door.url + path, "--method", "tools/list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PLACE)
    assert done.returncode == 0, done.stderr
    assert {tool["name"] for tool in json.loads(done.stdout)["tools"]} == QUERIES | WRITES
