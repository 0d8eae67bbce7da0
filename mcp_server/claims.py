"""Tools with which agents share work: take a task, keep it, give it back, finish it."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.shapes import moment
from mcp_server.tools import SETS, WRITES, Agent, ClaimSeq, add, answered, given
from statehub import calls


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add these tools."""

    async def claim_task(
        agent: Agent,
        task: str | None = None,
        repo: str | None = None,
        workplan: str | None = None,
        tags: list[str] | None = None,
        max_priority: int | None = None,
        lease_s: float | None = None,
        wait_s: float = 0.0,
    ) -> CallToolResult:
        """Take the next ready task, or this one, before you work on it; nobody else gets it. wait_s: wait for one, up
        to 55 s. Keep claim_seq."""
        asked = given(task=task, repo=repo, workplan=workplan, tags=tags, max_priority=max_priority, lease_s=lease_s)
        claimed = await hub.do(calls.claim_task(agent, wait_s=wait_s, **asked), agent=agent)
        if claimed is None:
            return answered({"claimed": False, "next": "nothing is ready: list_blocked_tasks says what waits"})
        found = shapes.described(shapes.task, claimed["task"], "workplan", "repo", "depends_on")
        lease = {"claim_seq": claimed["claim_seq"], "lease_expires_at": moment(claimed["lease_expires_at"])}
        return answered({"claimed": True, **lease, "task": found})

    async def heartbeat_task(
        task: str, agent: Agent, claim_seq: ClaimSeq, lease_s: float | None = None
    ) -> CallToolResult:
        """Keep a claim beyond its lease (30 minutes by default)."""
        row = await hub.do(calls.heartbeat_task(task, agent, claim_seq, lease_s=lease_s), agent=agent)
        return answered(shapes.picked(row, "task", "claim_seq", "lease_expires_at"))

    async def release_task(
        task: str, agent: Agent, claim_seq: int | None = None, reason: str | None = None, force: bool = False
    ) -> CallToolResult:
        """Give a task back, with the reason. force takes it from whoever holds it: only when a person says so."""
        call = calls.release_task(task, agent, claim_seq, reason=reason, force=force)
        row = await hub.do(call, agent=agent)
        return answered(shapes.task(row))

    async def complete_task(task: str, agent: Agent, claim_seq: ClaimSeq, summary: str | None = None) -> CallToolResult:
        """Finish a task that you hold; summary: what was done. Answers with the tasks that became ready."""
        done = await hub.do(calls.complete_task(task, agent, claim_seq, summary=summary), agent=agent)
        return answered(shapes.task(done["task"]) | {"unblocked": done["unblocked"]})

    for tool in (claim_task, release_task, complete_task):
        add(server, tool, WRITES)
    add(server, heartbeat_task, SETS)
