"""Every tool, by every transport, with its effect in the database."""

import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from mcp_server.legacy import SUCCESSORS
from statehub.repos.classification import FILE_NAME
from tests.mcp.door import HTTP, HTTP_OLDER, NAME, SSE, STDIO, WAYS, Door, connected, use
from tests.running import Hub

pytestmark = pytest.mark.anyio
Tool = Callable[..., Awaitable[Any]]
QUERIES = {
    "get_state_summary", "get_topic", "list_blocked_tasks", "list_pending_decisions", "get_recent_progress",
    "list_ready_tasks", "get_task", "get_workplan", "get_decision", "search", "get_context", "get_changes",
    "wait_for_change",
}  # fmt: skip
WRITES = {
    "create_task", "update_task_status", "record_decision", "resolve_decision", "add_progress_event", "create_workplan",
    "update_workplan_status", "register_repo_from_classification", "claim_task", "heartbeat_task", "release_task",
    "complete_task", "add_task_dependency",
}  # fmt: skip
CLASSIFICATION = """\
schema: repo-classification/v1.0
slug: demo
name: Demo
category: tooling
domain: infotech
capability_tags: [sql]
business_stake: []
"""


@pytest.fixture
def repository(hub: Hub, tmp_path: Path) -> Path:
    """A git repository with a classification, whose path the hub knows."""
    place = tmp_path / "demo"
    place.mkdir()
    subprocess.run(["git", "init", "-q", str(place)], check=True)
    (place / FILE_NAME).write_text(CLASSIFICATION)
    assert hub.post("/repos", {"slug": "demo", "name": "Before", "domain": "energy", "path": str(place)}).status == 201
    return place


@pytest.mark.parametrize("way", WAYS)
async def test_every_tool_does_what_it_says(hub: Hub, door: Door, repository: Path, way: str) -> None:
    called: set[str] = set()
    value = hub.database.value

    async with connected(door, way) as client:

        async def done(tool: str, **arguments: Any) -> Any:
            called.add(tool)
            return await use(client, tool, **arguments)

        async def wrote(tool: str, **arguments: Any) -> Any:
            """Done, with one event, whose author is the client."""
            before = value("select coalesce(max(id), 0) from progress_events")
            answer = await done(tool, **arguments)
            events = value("select array_agg(author) from progress_events where id > %s", before)
            assert events == [NAME], (tool, events)
            return answer

        assert {tool.name for tool in (await client.list_tools()).tools} == QUERIES | WRITES
        await wrote("register_repo_from_classification", repo="demo")
        assert value("select name || ' ' || domain || ' ' || category from managed_repos") == "Demo infotech tooling"
        plan = (await wrote("create_workplan", repo="demo", title="Plan", topic="platform", priority=1))["code"]
        assert value("select title || ' ' || status from workplans where code = %s", plan) == "Plan proposed"
        await wrote("update_workplan_status", workplan=plan, status="active")
        assert value("select status::text from workplans where code = %s", plan) == "active"
        first = (await wrote("create_task", workplan=plan, title="First", description="It is long", priority=0))["code"]
        second = (await wrote("create_task", workplan=plan, title="Second", assignee="bob"))["code"]
        third = (await wrote("create_task", workplan=plan, title="Third", due_at="2027-01-01T00:00:00Z"))["code"]
        assert value("select count(*) from tasks where priority = 0 and description = 'It is long'") == 1
        dependent = await wrote("add_task_dependency", task=second, depends_on=first)
        assert dependent["depends_on"] == [first]
        assert value("select count(*) from task_dependencies") == 1
        await wrote("update_task_status", task=third, status="wait", waiting_on="the bank")
        assert value("select waiting_on from tasks where code = %s", third) == "the bank"

        assert [row["code"] for row in (await done("list_ready_tasks", agent="ann"))["items"]] == [first]
        blocked = (await done("list_blocked_tasks", repo="demo"))["items"]
        assert {row["code"]: row["reason"] for row in blocked} == {
            third: "the bank", second: f"waits for {first} (todo)",
        }  # fmt: skip
        claim = await wrote("claim_task", agent="ann", max_priority=0, lease_s=60)
        assert (claim["task"]["code"], claim["claim_seq"]) == (first, 1)
        assert value("select claimed_by from task_claims where claimed_by is not null") == "ann"
        ends = "select lease_expires_at from task_claims where claimed_by is not null"
        before = value(ends)
        await done("heartbeat_task", task=first, agent="ann", claim_seq=1)
        assert value(ends) > before
        await wrote("release_task", task=first, agent="ann", claim_seq=1, reason="tired")
        assert value("select count(*) from task_claims where claimed_by is not null") == 0
        seq = (await wrote("claim_task", agent="ann", task=first))["claim_seq"]
        finished = await wrote("complete_task", task=first, agent="ann", claim_seq=seq, summary="measured")
        assert finished["unblocked"] == [second]
        assert value("select status::text from tasks where code = %s", first) == "done"
        asked = (await wrote("record_decision", title="Which?", workplan=plan, options=["a", "b"]))["code"]
        pending = (await done("list_pending_decisions", repo="demo"))["items"]
        assert [row["code"] for row in pending] == [asked]
        await wrote("resolve_decision", decision=asked, rationale="b is faster", decided_by="Eva")
        assert value("select decided_by || status::text from decisions") == "Evaresolved"
        await wrote("add_progress_event", summary="It is fast", event_type="milestone", task=first, detail={"ms": 3})
        assert value("select detail ->> 'ms' from progress_events where event_type = 'milestone'") == "3"

        summary = await done("get_state_summary")
        assert summary["totals"]["tasks"] == {"wait": 1, "todo": 1, "done": 1, "total": 3}
        assert (await done("get_topic", topic="platform"))["workplans"][0]["code"] == plan
        assert (await done("get_task", task=third))["why"] == [f"{third} waits for the bank."]
        assert [row["code"] for row in (await done("get_workplan", workplan=plan))["tasks"]] == [first, second, third]
        assert (await done("get_decision", decision=asked))["rationale"] == "b is faster"
        assert (await done("get_recent_progress", limit=1))["items"][0]["summary"] == "It is fast"
        assert any(row["name"] == first for row in (await done("search", q="First"))["items"])
        assert plan in (await done("get_context", repo="demo"))["briefing"]
        assert (await done("get_changes", since=summary["token"]))["items"] == []
        hub.execute("update tasks set title = 'Changed' where code = %s", second)
        changed = await done("wait_for_change", since=summary["token"], timeout_s=20)
        assert changed["changed"]
        assert second in changed["events"][0]["summary"]
        assert called == QUERIES | WRITES


@pytest.mark.parametrize("way", [HTTP, SSE])
async def test_older_names_work_are_counted_and_name_their_successor(hub: Hub, door: Door, way: str) -> None:
    hub.created("/repos", slug="demo", name="Demo", domain="infotech")
    async with connected(door, way) as client:
        made = await use(client, "create_workstream", repo_id="demo", title="Plan", topic_id="platform")
        moved = await use(client, "update_workstream_status", workstream_id=made["code"], status="ready")
        found = await use(client, "get_workstream", workstream_id=made["code"])
    for name, answer in zip(SUCCESSORS, (made, moved, found), strict=True):
        assert SUCCESSORS[name] in answer["deprecated"]
    assert hub.database.value("select status::text from workplans") == "ready"
    used = "select array_agg(i.name order by i.name) from legacy_usage u join legacy_interfaces i on u.interface = i.id"
    assert hub.database.value(used) == sorted(SUCCESSORS)


@pytest.mark.parametrize("way", [HTTP, HTTP_OLDER, SSE, STDIO])
async def test_resources_prompts_and_completion_are_there(hub: Hub, door: Door, way: str) -> None:
    from mcp_types import PromptReference, ResourceTemplateReference

    hub.created("/repos", slug="demo", name="Demo", domain="infotech")
    plan = hub.created("/workplans", repo="demo", title="Plan", status="ready", topic="platform")["code"]
    async with connected(door, way) as client:
        uris = {str(resource.uri) for resource in (await client.list_resources()).resources}
        assert uris == {
            "state://summary", "state://topics", "state://decisions/blocking", "state://tasks/blocked",
            "state://tasks/ready",
        }  # fmt: skip
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "state://workplans/{topic_slug}"
        for uri in uris:
            assert (await client.read_resource(uri)).contents
        (content,) = (await client.read_resource("state://workplans/platform")).contents
        assert plan in getattr(content, "text", "")
        assert {prompt.name for prompt in (await client.list_prompts()).prompts} == {"start_session", "hand_over"}
        start = await client.get_prompt("start_session", {"repo": "demo"})
        assert "claim_task" in start.messages[0].content.text  # type: ignore[union-attr]
        assert plan in start.messages[0].content.text  # type: ignore[union-attr]
        assert (await client.get_prompt("hand_over")).messages
        slugs = await client.complete(
            ResourceTemplateReference(uri="state://workplans/{topic_slug}"), {"name": "topic_slug", "value": "pl"}
        )
        assert slugs.completion.values == ["platform"]
        repos = await client.complete(PromptReference(name="start_session"), {"name": "repo", "value": "D"})
        assert repos.completion.values == ["demo"]


async def test_older_names_are_listed_on_demand_only(hub: Hub) -> None:
    from tests.mcp.door import open_door

    with open_door(hub.url, list_legacy=True) as door:
        async with connected(door, HTTP) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
    assert listed == QUERIES | WRITES | set(SUCCESSORS)


async def test_every_tool_says_when_to_use_it_and_whether_it_writes(door: Door) -> None:
    async with connected(door, HTTP) as client:
        for tool in (await client.list_tools()).tools:
            assert tool.description
            assert tool.annotations
            assert bool(tool.annotations.read_only_hint) == (tool.name in QUERIES), tool.name
            assert tool.name in QUERIES or tool.annotations.destructive_hint is False
            assert tool.output_schema is None


async def page_through(client: Client, tool: str, **arguments: Any) -> list[Any]:
    """All rows, page after page."""
    rows, cursor = [], None
    while True:
        page = await use(client, tool, **arguments, **({"cursor": cursor} if cursor else {}))
        rows += page["items"]
        if not (cursor := page.get("next_cursor")):
            return rows


async def test_lists_are_compact_and_give_more_on_demand(hub: Hub, door: Door) -> None:
    hub.created("/repos", slug="demo", name="Demo", domain="infotech")
    plan = hub.created("/workplans", repo="demo", title="Plan", status="ready")["code"]
    hub.post("/tasks", [{"workplan": plan, "title": f"T {n}", "status": "wait"} for n in range(7)])
    async with connected(door, HTTP) as client:
        rows = await page_through(client, "list_blocked_tasks", limit=3)
        assert len({row["code"] for row in rows}) == 7
        assert set(rows[0]) == {"code", "title", "status", "priority", "reason"}
        (row,) = (await use(client, "list_blocked_tasks", fields="code,version", limit=1))["items"]
        assert row == {"code": f"{plan}-T01", "version": 1}
        (row,) = (await use(client, "list_blocked_tasks", detail="full", limit=1))["items"]
        assert {"description", "depends_on", "created_at"} <= set(row)
        assert len(await page_through(client, "get_recent_progress", limit=3, workplan=plan)) >= 1
