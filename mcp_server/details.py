"""Query tools for one thing: a topic, a workplan, a task, a decision, the briefing of a repository."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.shapes import Detail, rows_of
from mcp_server.texts import clean
from mcp_server.tools import READS, add, answered
from statehub import calls

MOST_TASKS = 50
OPEN_PLANS = ["proposed", "ready", "active", "blocked", "backlog"]


async def workplan_document(
    hub: Hub, workplan: str, detail: Detail, limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """A workplan with a page of its tasks."""
    row = await hub.do(calls.workplans.get(workplan))
    listed = calls.tasks.list(
        workplan=row["code"], sort="code", limit=rows_of(limit or MOST_TASKS, detail), cursor=cursor
    )
    page = await hub.do(listed)
    found = (
        shapes.whole(row)
        if detail == "full"
        else shapes.described(shapes.workplan, row, "topic", "depends_on", "updated_at")
    )
    tasks = [shapes.picked(task, "code", "title", "status", "assignee") for task in page["items"]]
    found["tasks"] = shapes.whole(page["items"]) if detail == "full" else tasks
    return found | ({"next_cursor": page["next_cursor"]} if page["next_cursor"] else {})


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def get_topic(topic: str, detail: Detail = "compact") -> CallToolResult:
        """A topic and its open workplans."""
        row = await hub.do(calls.topics.get(topic))
        page = await hub.do(
            calls.workplans.list(topic=row["slug"], status=OPEN_PLANS, limit=rows_of(MOST_TASKS, detail))
        )
        found = shapes.whole(row) if detail == "full" else shapes.described(shapes.topic, row, "updated_at")
        return answered(found | {"workplans": shapes.shown(shapes.workplan, page["items"], detail, None)})

    async def get_workplan(
        workplan: str, detail: Detail = "compact", limit: int | None = None, cursor: str | None = None
    ) -> CallToolResult:
        """A workplan and its tasks; limit and cursor page through the tasks."""
        return answered(await workplan_document(hub, workplan, detail, limit, cursor))

    async def get_task(task: str, detail: Detail = "compact") -> CallToolResult:
        """A task, and in a word what keeps it from being ready."""
        row = await hub.do(calls.tasks.get(task))
        why = await hub.do(calls.why_task(row["code"]))
        if detail == "full":
            return answered(shapes.whole(row) | {"ready": why["ready"], "why": why["why"], "claim": why["claim"]})
        found = shapes.described(shapes.task, row, "workplan", "repo", "depends_on", "updated_at")
        found |= {"ready": why["ready"]} if why["ready"] else {"ready": False, "why": shapes.whole(why["why"])}
        return answered(found)

    async def get_decision(decision: str, detail: Detail = "compact") -> CallToolResult:
        """A decision: the question, its options, and the answer if there is one."""
        row = await hub.do(calls.decisions.get(decision))
        if detail == "full":
            return answered(shapes.whole(row))
        found = shapes.described(shapes.decision, row, "decision_type", "decided_by", "decided_at", "created_at")
        return answered(found | ({"options": shapes.whole(row["options"])} if row["options"] else {}))

    async def get_context(repo: str | None = None, budget: int | None = None) -> CallToolResult:
        """Briefing to start work with, as Markdown: rules, decisions, what is taken, what is ready. budget:
        characters."""
        text = clean(await hub.do(calls.get_context(repo, budget)), 10_000)
        return answered({"briefing": text}, text)

    for tool in (get_topic, get_workplan, get_task, get_decision, get_context):
        add(server, tool, READS)
