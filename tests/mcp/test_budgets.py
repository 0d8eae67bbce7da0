"""An agent's context is the scarce resource: what the tools and their answers may cost of it, in tokens (o200k)."""

import json
from typing import Any

import pytest

from tests.mcp.door import HTTP, HTTP_OLDER, Door, connected
from tests.mcp.node import count_tokens
from tests.running import Hub

pytestmark = pytest.mark.anyio
TASKS = 1000
SECTIONS = ["totals", "blocking_decisions", "waiting_tasks", "open_workstreams", "recent_progress", "topics"]


def dumped(model: Any) -> str:
    """As it goes over the wire."""
    return str(model.model_dump_json(by_alias=True, exclude_none=True))


@pytest.fixture
def crowded(hub: Hub) -> None:
    """1,000 open tasks in 20 plans, half of them waiting, all with long titles; 50 decisions."""
    words = "reconcile the settlement of foreign invoices with the ledger of the previous quarter"
    hub.created("/repos", slug="long-named-repository", name="Demo", domain="infotech")
    for number in range(20):
        plan = hub.created("/workplans", repo="long-named-repository", title=f"{number} {words}", status="active")[
            "code"
        ]
        rows = [
            {"workplan": plan, "title": f"{n} {words}", "assignee": f"agent-{n}", "status": ("wait", "todo")[n % 2]}
            | ({} if n % 2 else {"waiting_on": f"{words} by the bank, 日本語の説明もあります"})
            for n in range(TASKS // 20)
        ]
        assert hub.post("/tasks", rows).status == 201
    for number in range(50):
        hub.created("/decisions", workplan=plan, title=f"{number} {words}?", due_at="2027-01-01T00:00:00Z")
    hub.settled()


@pytest.mark.parametrize("way", [HTTP, HTTP_OLDER])
async def test_all_listed_tools_together_stay_below_3000_tokens(door: Door, way: str) -> None:
    async with connected(door, way) as client:
        listed = await client.list_tools()
    assert count_tokens(dumped(listed)) <= 3000


@pytest.mark.parametrize("sections", [None, *([section] for section in SECTIONS), SECTIONS])
async def test_the_summary_stays_below_2000_tokens(
    hub: Hub, door: Door, crowded: None, sections: list[str] | None
) -> None:
    async with connected(door, HTTP) as client:
        result = await client.call_tool("get_state_summary", {} if sections is None else {"sections": sections})
        (content,) = (await client.read_resource("state://summary")).contents
    assert not result.is_error
    assert count_tokens(dumped(result)) <= 2000, "text and structured content together"
    assert count_tokens(getattr(content, "text", "")) <= 1000
    found: Any = result.structured_content
    if sections is None:
        assert found["totals"]["tasks"]["total"] == TASKS
        assert all(found[name] for name in SECTIONS[1:5])
        assert "list_blocked_tasks" in found["more"]["waiting_tasks"]


async def test_a_page_of_a_list_is_small_and_no_answer_is_endless(hub: Hub, door: Door, crowded: None) -> None:
    async with connected(door, HTTP) as client:
        for tool in ("list_ready_tasks", "list_blocked_tasks", "list_pending_decisions", "get_recent_progress"):
            result = await client.call_tool(tool, {})
            assert count_tokens(json.dumps(result.structured_content, ensure_ascii=False)) <= 2500, tool
            whole = await client.call_tool(tool, {"detail": "full", "limit": 500})
            assert count_tokens(json.dumps(whole.structured_content, ensure_ascii=False)) <= 8000, tool
