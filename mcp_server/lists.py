"""Query tools that list: compact rows, a page at a time."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.shapes import Detail, Row, Shape, rows_of
from mcp_server.tools import READS, Fields, add, answered, given
from statehub import calls
from statehub.vocabularies import EventType, FollowedKind

PAGE = 25


def listed(shape: Shape, page: Any, detail: Detail, fields: str | None = None, *, pick: bool = False) -> CallToolResult:
    """A page as it is answered. `pick`: the API gave whole rows though `fields` were asked for."""
    rows: list[Row] = page["items"]
    if pick and fields is not None:
        names = [name.strip() for name in fields.split(",")]
        rows = [{name: row[name] for name in names if name in row} for row in rows]
    found: dict[str, Any] = {"items": shapes.shown(shape, rows, detail, fields)}
    return answered(found | ({"next_cursor": page["next_cursor"]} if page.get("next_cursor") else {}))


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def list_ready_tasks(
        agent: str | None = None,
        repo: str | None = None,
        workplan: str | None = None,
        max_priority: int | None = None,
        detail: Detail = "compact",
        fields: Fields = None,
        limit: int = PAGE,
    ) -> CallToolResult:
        """What can be claimed now, first things first. With agent: without what is assigned to others."""
        asked = given(agent=agent, repo=repo, workplan=workplan, max_priority=max_priority)
        page = await hub.do(calls.list_ready_tasks(**asked, limit=rows_of(limit, detail, fields)))
        return listed(shapes.task, page, detail, fields, pick=True)

    async def list_blocked_tasks(
        repo: str | None = None,
        workplan: str | None = None,
        detail: Detail = "compact",
        fields: Fields = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> CallToolResult:
        """Tasks that wait, or whose dependencies are unfinished, each with the reason."""
        page = await hub.do(
            calls.list_blocked_tasks(
                **given(repo=repo, workplan=workplan, cursor=cursor), limit=rows_of(limit, detail, fields)
            )
        )
        return listed(shapes.blocked, page, detail, fields, pick=True)

    async def list_pending_decisions(
        repo: str | None = None,
        workplan: str | None = None,
        topic: str | None = None,
        detail: Detail = "compact",
        fields: Fields = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> CallToolResult:
        """Questions that wait for an answer, by due date."""
        asked = given(repo=repo, workplan=workplan, topic=topic, fields=fields, cursor=cursor)
        page = await hub.do(
            calls.decisions.list(
                decision_type="pending",
                status=["open", "escalated"],
                sort="due_at",
                limit=rows_of(limit, detail, fields),
                **asked,
            )
        )
        return listed(shapes.decision, page, detail, fields)

    async def get_recent_progress(
        repo: str | None = None,
        workplan: str | None = None,
        task: str | None = None,
        author: str | None = None,
        event_type: EventType | None = None,
        detail: Detail = "compact",
        fields: Fields = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> CallToolResult:
        """The log, newest first: who did what."""
        asked = given(repo=repo, workplan=workplan, task=task, author=author, event_type=event_type)
        page = await hub.do(
            calls.progress.list(**asked, **given(fields=fields, cursor=cursor), limit=rows_of(limit, detail, fields))
        )
        return listed(shapes.event, page, detail, fields)

    async def search(
        q: str,
        kind: FollowedKind | None = None,
        repo: str | None = None,
        detail: Detail = "compact",
        limit: int = 10,
        cursor: str | None = None,
    ) -> CallToolResult:
        """Find anything by words, ranked. All words are needed; "a phrase", or, -without."""
        page = await hub.do(calls.search(q, **given(kind=kind, repo=repo, cursor=cursor), limit=rows_of(limit, detail)))
        return listed(shapes.hit, page, detail)

    for tool in (list_ready_tasks, list_blocked_tasks, list_pending_decisions, get_recent_progress, search):
        add(server, tool, READS)
