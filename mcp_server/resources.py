"""Resources: what is worth looking at again and again. Nothing in them depends on the clock, so they compare."""

import json
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError

from mcp_server import shapes
from mcp_server.details import OPEN_PLANS
from mcp_server.hub import Hub
from mcp_server.summary import DEFAULT, compact
from mcp_server.texts import clean
from statehub import calls
from statehub.errors import StateHubError

JSON = "application/json"
MOST = 50
STATIC = (
    "state://summary", "state://topics", "state://decisions/blocking", "state://tasks/blocked", "state://tasks/ready",
)  # fmt: skip
PLANS = "state://workplans/{topic_slug}"


async def _items(hub: Hub, call: "calls.Call[Any]", shape: shapes.Shape) -> str:
    try:
        page = await hub.do(call)
    except StateHubError as error:
        raise ResourceError(clean(error.detail, 500)) from error
    found: dict[str, Any] = {"items": [shape(row) for row in page["items"]]}
    if page.get("next_cursor"):
        found["more"] = True
    return shapes.dumped(found)


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add the resources."""

    @server.resource("state://summary", mime_type=JSON, description="The whole picture, compact")
    async def summary() -> str:
        try:
            found = compact(json.loads(await hub.get_summary()), DEFAULT)
        except StateHubError as error:
            raise ResourceError(clean(error.detail, 500)) from error
        del found["token"]  # it moves with every write, also where nothing that is shown here has changed
        return shapes.dumped(found)

    @server.resource("state://topics", mime_type=JSON, description="Active and paused topics")
    async def topics() -> str:
        return await _items(hub, calls.topics.list(status=["active", "paused"], sort="slug", limit=MOST), shapes.topic)

    @server.resource(PLANS, mime_type=JSON, description="Open workplans of a topic")
    async def workplans(topic_slug: str) -> str:
        call = calls.workplans.list(topic=topic_slug, status=OPEN_PLANS, sort="code", limit=MOST)
        return await _items(hub, call, shapes.workplan)

    @server.resource("state://decisions/blocking", mime_type=JSON, description="Decisions that wait for an answer")
    async def blocking() -> str:
        call = calls.decisions.list(decision_type="pending", status=["open", "escalated"], sort="due_at", limit=MOST)
        return await _items(hub, call, shapes.decision)

    @server.resource("state://tasks/blocked", mime_type=JSON, description="Tasks that wait, each with the reason")
    async def blocked() -> str:
        return await _items(hub, calls.list_blocked_tasks(limit=MOST), shapes.blocked)

    @server.resource("state://tasks/ready", mime_type=JSON, description="Tasks that can be claimed, in their order")
    async def ready() -> str:
        return await _items(hub, calls.list_ready_tasks(limit=MOST), shapes.task)
