"""The tools' older names: callable, counted, answered with a note on the successor; listed only on demand."""

import contextlib
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.details import workplan_document
from mcp_server.hub import Hub
from mcp_server.shapes import Detail
from mcp_server.tools import READS, SETS, WRITES, add, answered, given
from statehub import calls
from statehub.errors import StateHubError
from statehub.vocabularies import WorkplanStatus

SUCCESSORS = {
    "create_workstream": "create_workplan",
    "update_workstream_status": "update_workplan_status",
    "get_workstream": "get_workplan",
}


async def count(hub: Hub, name: str) -> None:
    """One more use. A call is not refused for its counting."""
    with contextlib.suppress(StateHubError):
        await hub.do(calls.record_use("mcp", name))


def _noted(name: str, document: dict[str, Any]) -> CallToolResult:
    note = f"{name} will end; call {SUCCESSORS[name]} (workplan in place of workstream_id)"
    return answered({"deprecated": note, **document})


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def create_workstream(
        repo_id: str,
        title: str,
        description: str | None = None,
        topic_id: str | None = None,
        status: WorkplanStatus | None = None,
        owner: str | None = None,
    ) -> CallToolResult:
        """Older name of create_workplan."""
        columns = given(description=description, topic=topic_id, status=status, owner=owner)
        row = await hub.do(calls.workplans.create(repo=repo_id, title=title, **columns))
        return _noted("create_workstream", {"workstream_id": row["id"], **shapes.workplan(row)})

    async def update_workstream_status(workstream_id: str, status: WorkplanStatus) -> CallToolResult:
        """Older name of update_workplan_status."""
        row = await hub.do(calls.workplans.update(workstream_id, status=status))
        return _noted("update_workstream_status", {"workstream_id": row["id"], **shapes.workplan(row)})

    async def get_workstream(workstream_id: str, detail: Detail = "compact") -> CallToolResult:
        """Older name of get_workplan."""
        return _noted("get_workstream", await workplan_document(hub, workstream_id, detail))

    add(server, create_workstream, WRITES)
    add(server, update_workstream_status, SETS)
    add(server, get_workstream, READS)
