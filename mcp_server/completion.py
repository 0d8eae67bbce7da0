"""Completion of slugs and codes, where a client offers it to its user."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from mcp_server.hub import Hub
from mcp_server.texts import clean
from statehub import calls
from statehub.errors import StateHubError

MOST = 100
_SOURCES: dict[str, tuple["calls.Rows[Any]", str, str]] = {
    "repo": (calls.repos, "slug", "slug"),
    "topic_slug": (calls.topics, "slug", "slug"),
    "topic": (calls.topics, "slug", "slug"),
    "workplan": (calls.workplans, "code", "-updated_at"),
    "task": (calls.tasks, "code", "-updated_at"),
    "decision": (calls.decisions, "code", "-updated_at"),
}


async def complete(hub: Hub, name: str, typed: str) -> Completion:
    """What an argument of that name may be, beginning with what was typed; codes of what changed last come first."""
    if name == "agent":
        held = await hub.do(calls.list_claims(limit=500))
        found = list(dict.fromkeys(clean(claim["claimed_by"], 100) for claim in held["items"]))
    elif name in _SOURCES:
        rows, column, sort = _SOURCES[name]
        page = await hub.do(rows.list(fields=column, sort=sort, limit=500))
        found = [row[column] for row in page["items"]]
    else:
        return Completion(values=[])
    found = [word for word in found if word.lower().startswith(typed.lower())]
    return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Answer completion requests."""

    async def answer(
        ref: PromptReference | ResourceTemplateReference,  # noqa: ARG001  (an argument's name says enough)
        argument: CompletionArgument,
        context: CompletionContext | None,  # noqa: ARG001
    ) -> Completion | None:
        try:
            return await complete(hub, argument.name, argument.value)
        except StateHubError:
            return None  # a suggestion is not worth an error

    server.completion()(answer)  # type: ignore[no-untyped-call]
