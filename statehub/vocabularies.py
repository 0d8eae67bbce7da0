"""The vocabularies. Tested against the types in SQL, where they are written."""

from typing import Literal

TopicStatus = Literal["active", "paused", "archived"]
RepoStatus = Literal["active", "archived"]
RepoCategory = Literal["experimental", "research", "project", "tooling", "product", "business"]
WorkplanStatus = Literal["proposed", "ready", "active", "blocked", "backlog", "finished", "archived"]
TaskStatus = Literal["wait", "todo", "progress", "done", "cancel"]
DecisionType = Literal["pending", "made"]
DecisionStatus = Literal["open", "resolved", "escalated", "superseded"]
AuthorKind = Literal["human", "agent", "system"]
LegacyKind = Literal["rest", "mcp", "cli"]
EventType = Literal[
    "note", "milestone", "created", "changed", "status", "claim", "release", "takeover", "decision", "import",
    "sync", "registration",
]  # fmt: skip
FollowedKind = Literal["topic", "repo", "workplan", "task", "decision", "progress"]
# data and no type, since a domain is a row; tested against sql/seed/domains.sql
DOMAINS: tuple[str, ...] = (
    "infotech", "financials", "communication", "healthcare", "industrials", "energy", "materials", "utilities",
    "realestate", "consumer-staples", "consumer-discretionary", "government", "education", "nonprofit",
)  # fmt: skip
