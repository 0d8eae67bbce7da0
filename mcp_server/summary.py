"""`get_state_summary`: the whole picture within a budget of tokens."""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.shapes import Detail, Shape
from mcp_server.tools import READS, add, answered

Section = Literal[
    "totals", "blocking_decisions", "waiting_tasks", "open_workstreams", "recent_progress", "topics"
]  # fmt: skip
DEFAULT: tuple[Section, ...] = (
    "totals", "blocking_decisions", "waiting_tasks", "open_workstreams", "recent_progress",
)  # fmt: skip
SHAPES: Mapping[str, Shape] = {
    "blocking_decisions": shapes.decision,
    "waiting_tasks": shapes.waiting,
    "open_workstreams": shapes.workplan,
    "recent_progress": shapes.event,
    "topics": shapes.topic,
}
LISTED_BY = {
    "blocking_decisions": "list_pending_decisions",
    "waiting_tasks": "list_blocked_tasks",
    "open_workstreams": "search, get_topic",
    "recent_progress": "get_recent_progress",
    "topics": "get_topic",
}
ROWS = 5
# of text and structured content, which say the same: together they stay below 2,000 tokens
MOST_TOKENS = 900


def tokens_at_most(text: str) -> float:
    """More than any tokenizer makes of it: three characters of JSON are a token, of other alphabets often one."""
    beyond = sum(1 for character in text if not character.isascii())
    return (len(text) - beyond) / 2.6 + 1.6 * beyond


def compact(summary: Mapping[str, Any], sections: tuple[Section, ...], rows: int = ROWS) -> dict[str, Any]:
    """These sections, with as many rows of each as fit."""
    while True:
        found = _of(summary, sections, rows)
        if rows == 0 or tokens_at_most(shapes.dumped(found)) <= MOST_TOKENS:
            return found
        rows -= 1


def _of(summary: Mapping[str, Any], sections: tuple[Section, ...], rows: int) -> dict[str, Any]:
    found: dict[str, Any] = {"token": summary["revision"]["token"]}
    more = {}
    for section in sections:
        if section == "totals":
            found["totals"] = {
                kind: {name: n for name, n in counts.items() if n} for kind, counts in summary["totals"].items()
            }
            continue
        listed = summary[section]
        found[section] = [SHAPES[section](row) for row in listed[:rows]]
        total = summary["truncated"].get(section, {}).get("total", len(listed))
        if total > rows:
            more[section] = f"{total - len(found[section])} more: {LISTED_BY[section]}"
    return found | ({"more": more} if more else {})


class Compacted:
    """What was made of the last summary: unchanged, it is the same bytes, and is not read again."""

    def __init__(self) -> None:
        self._body = b""
        self._made: dict[tuple[tuple[Section, ...], Detail], tuple[dict[str, Any], str]] = {}

    def of(self, body: bytes, sections: tuple[Section, ...], detail: Detail) -> tuple[dict[str, Any], str]:
        """The document, and its text."""
        if body is not self._body:
            self._body, self._made = body, {}
        if (sections, detail) not in self._made:
            summary = json.loads(body)
            if detail == "full":
                token = {"token": summary["revision"]["token"]}
                found: dict[str, Any] = shapes.whole(token | {section: summary[section] for section in sections})
            else:
                found = compact(summary, sections)
            self._made[sections, detail] = found, shapes.dumped(found)
        return self._made[sections, detail]


def register(server: MCPServer[Any], hub: Hub) -> None:
    """Add the tool."""
    compacted = Compacted()

    async def get_state_summary(sections: list[Section] | None = None, detail: Detail = "compact") -> CallToolResult:
        """Start here: what is going on, what waits for whom. Its token is for get_changes and wait_for_change."""
        body = await hub.get_summary()
        chosen = tuple(section for section in get_args(Section) if not sections or section in sections)
        return answered(*compacted.of(body, chosen if sections else DEFAULT, detail))

    add(server, get_state_summary, READS)
