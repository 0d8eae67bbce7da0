"""Tools that write. The hub itself appends the one event that each of these leaves."""

from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.tools import SETS, WRITES, Tool, add, answered, given
from statehub import calls
from statehub.vocabularies import DecisionType, EventType, TaskStatus, WorkplanStatus

Priority = Annotated[int | None, Field(description="0 most urgent to 4")]
Due = Annotated[str | None, Field(description="2026-12-24T17:00:00Z")]


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def create_task(
        workplan: str,
        title: str,
        description: str | None = None,
        status: TaskStatus | None = None,
        priority: Priority = None,
        assignee: str | None = None,
        waiting_on: str | None = None,
        due_at: Due = None,
    ) -> CallToolResult:
        """Add work that you found or planned. It is todo unless you say so."""
        columns = given(
            description=description, status=status, priority=priority, assignee=assignee, waiting_on=waiting_on,
            due_at=due_at,
        )  # fmt: skip
        row = await hub.do(calls.tasks.create(workplan=workplan, title=title, **columns))
        return answered(shapes.task(row))

    async def update_task_status(
        task: str, status: TaskStatus, waiting_on: str | None = None, claim_seq: int | None = None
    ) -> CallToolResult:
        """Set a status; for wait say waiting_on. With claim_seq only while you hold it. To finish what you claimed:
        complete_task."""
        columns = given(waiting_on=waiting_on, claim_seq=claim_seq)
        row = await hub.do(calls.tasks.update(task, status=status, **columns))
        return answered(shapes.task(row))

    async def record_decision(
        title: str,
        workplan: str | None = None,
        topic: str | None = None,
        context: str | None = None,
        options: list[str] | None = None,
        decision_type: DecisionType = "pending",
        rationale: str | None = None,
        decided_by: str | None = None,
        due_at: Due = None,
    ) -> CallToolResult:
        """Ask a person (pending; then set your task to wait), or record what was decided (made: rationale, decided_by).
        Needs workplan or topic."""
        columns = given(
            workplan=workplan, topic=topic, context=context, options=options, rationale=rationale,
            decided_by=decided_by, due_at=due_at,
        )  # fmt: skip
        row = await hub.do(calls.decisions.create(title=title, decision_type=decision_type, **columns))
        return answered(shapes.decision(row))

    async def resolve_decision(decision: str, rationale: str, decided_by: str | None = None) -> CallToolResult:
        """Answer a pending decision, once, in the name of who decided."""
        row = await hub.do(calls.resolve_decision(decision, rationale, decided_by))
        return answered(shapes.described(shapes.decision, row, "decided_by", "decided_at"))

    async def add_progress_event(
        summary: str,
        event_type: EventType = "note",
        repo: str | None = None,
        workplan: str | None = None,
        task: str | None = None,
        decision: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> CallToolResult:
        """Log what you found or reached: note, milestone. Name the most specific thing it is about."""
        about = given(repo=repo, workplan=workplan, task=task, decision=decision, detail=detail)
        row = await hub.do(calls.progress.create(summary=summary, event_type=event_type, **about))
        return answered({"id": row["id"]} | shapes.event(row))

    async def create_workplan(
        repo: str,
        title: str,
        description: str | None = None,
        topic: str | None = None,
        owner: str | None = None,
        status: WorkplanStatus | None = None,
        priority: Priority = None,
        due_at: Due = None,
    ) -> CallToolResult:
        """Begin a plan in a repository. Its tasks are handed out once it is ready or active."""
        columns = given(
            description=description, topic=topic, owner=owner, status=status, priority=priority, due_at=due_at
        )
        row = await hub.do(calls.workplans.create(repo=repo, title=title, **columns))
        return answered(shapes.workplan(row))

    async def update_workplan_status(workplan: str, status: WorkplanStatus) -> CallToolResult:
        """Move a plan on, such as to finished."""
        row = await hub.do(calls.workplans.update(workplan, status=status))
        return answered(shapes.workplan(row))

    async def add_task_dependency(task: str, depends_on: str) -> CallToolResult:
        """Make a task wait for another, in any repository."""
        row = await hub.do(calls.tasks.add_dependency(task, depends_on))
        return answered(shapes.described(shapes.task, row, "depends_on"))

    made: tuple[Tool, ...] = (create_task, record_decision, resolve_decision, add_progress_event, create_workplan)
    for tool in made:
        add(server, tool, WRITES)
    for tool in (update_task_status, update_workplan_status, add_task_dependency):
        add(server, tool, SETS)
