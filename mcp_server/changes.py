"""Query tools for what has changed: the delta since a token, and waiting for one."""

import asyncio
import json
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.shapes import Detail, rows_of
from mcp_server.tools import READS, add, answered, given
from statehub import calls
from statehub.vocabularies import FollowedKind

PAGE = 25
LONGEST_WAIT_S = 55.0


async def own_tasks(hub: Hub, agent: str) -> set[str]:
    """Codes of the tasks that are assigned to this agent, or that it holds."""
    assigned = await hub.do(calls.tasks.list(assignee=agent, status=["wait", "todo", "progress"], limit=500))
    held = await hub.do(calls.list_claims(agent=agent, limit=500))
    return {row["code"] for row in assigned["items"]} | {claim["task"] for claim in held["items"]}


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def get_changes(
        since: str, detail: Detail = "compact", limit: int = PAGE, cursor: str | None = None
    ) -> CallToolResult:
        """Every event since a token, none twice, none skipped, and the next token: for an agent that comes back."""
        page = await hub.do(calls.list_changes(since, limit=rows_of(limit, detail), cursor=cursor))
        found = {"items": shapes.shown(shapes.event, page["items"], detail, None), "token": page["token"]}
        return answered(found | ({"next_cursor": page["next_cursor"]} if page["next_cursor"] else {}))

    async def wait_for_change(
        since: str | None = None,
        repo: str | None = None,
        workplan: str | None = None,
        kind: FollowedKind | None = None,
        agent: str | None = None,
        timeout_s: float = 25.0,
    ) -> CallToolResult:
        """Block until something changes past a token (default: now), instead of polling. kind: decision tells of
        answers; agent: only that one's tasks. At most 55 s."""
        if since is None:
            since = json.loads(await hub.get_summary())["revision"]["token"]
        asked = given(repo=repo, workplan=workplan, kind=kind or ("task" if agent else None))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(max(timeout_s, 0.0), LONGEST_WAIT_S)
        while (left := deadline - loop.time()) > 0:
            mine = await own_tasks(hub, agent) if agent else set()
            if (changed := await hub.do(calls.wait_for_change(since, left, **asked))) is None:
                break
            page = await hub.do(calls.list_changes(since, limit=PAGE))
            mine |= await own_tasks(hub, agent) if agent else set()
            events = [event for event in page["items"] if not agent or event["task"] in mine]
            if events or not agent:
                found = {"changed": True, "token": changed["token"], "events": [shapes.event(e) for e in events]}
                return answered(found | ({"more": "get_changes"} if page["next_cursor"] else {}))
            since = changed["token"]
        return answered({"changed": False, "token": since})

    for tool in (get_changes, wait_for_change):
        add(server, tool, READS)
