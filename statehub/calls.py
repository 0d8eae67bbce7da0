"""What can be asked of the hub, typed: a Call for each operation, to be sent by either client.

A Call is a value: `Client.do(calls.tasks.get("X-T01"))`, `await AsyncClient.do(calls.tasks.get("X-T01"))`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

if TYPE_CHECKING:  # answers needs pydantic's typing, which a command line need not wait for
    from statehub import answers

T = TypeVar("T")
TIMEOUT_S = 15.0
IMPORT_TIMEOUT_S = 320.0
SYNC_TIMEOUT_S = 140.0
ImportFormat = Literal["beads", "taskmaster", "backlog"]
Query = str | int | float | bool | Sequence[str] | None


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request whose answer is a T, or None where the answer has no body. `allow`: statuses that are no error."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = TIMEOUT_S
    allow: tuple[int, ...] = (200, 201, 204)
    is_text: bool = False  # the answer is text, and no JSON

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method not in ("GET", "HEAD")


def path_of(*parts: str, **query: Query) -> str:
    """A path of quoted parts, and those query parameters that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    text = urlencode({n: str(v).lower() if isinstance(v, bool) else v for n, v in given.items()}, doseq=True)
    return "/" + "/".join(quote(part, safe="") for part in parts) + ("?" + text if text else "")


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"v{version}"'}


@dataclass(frozen=True)
class Rows(Generic[T]):
    """The rows of one kind. A name is a short name or an id."""

    path: str

    def list(self, **query: Query) -> "Call[answers.Page[T]]":
        """A page; filters, `sort`, `fields`, `limit`, `cursor`."""
        return Call("GET", path_of(self.path, **query))

    def get(self, name: str) -> Call[T]:
        """One row."""
        return Call("GET", path_of(self.path, name))

    def create(self, **columns: Any) -> Call[T]:
        """A new row; in `progress`, a new event."""
        return Call("POST", path_of(self.path), columns)

    def create_many(self, rows: Sequence[Mapping[str, Any]]) -> "Call[answers.Items[T]]":
        """Up to 1,000 tasks or events, all or none."""
        return Call("POST", path_of(self.path), list(rows), timeout_s=60)

    def update(self, name: str, *, version: int | None = None, **columns: Any) -> Call[T]:
        """Change columns; with a version, only if the row still has it."""
        return Call("PATCH", path_of(self.path, name), columns, _if_match(version))

    def end(self, name: str, *, version: int | None = None) -> Call[T]:
        """The soft delete: archive, cancel, supersede."""
        return Call("DELETE", path_of(self.path, name), headers=_if_match(version))

    def dependencies(self, name: str) -> "Call[answers.Dependencies]":
        """What a task or workplan waits for, and what waits for it."""
        return Call("GET", path_of(self.path, name, "dependencies"))

    def add_dependency(self, name: str, depends_on: str) -> Call[T]:
        """Make a task or workplan wait for another one."""
        return Call("POST", path_of(self.path, name, "dependencies"), {"depends_on": depends_on})

    def remove_dependency(self, name: str, depends_on: str) -> Call[T]:
        """Take a dependency back."""
        return Call("DELETE", path_of(self.path, name, "dependencies", depends_on))


domains: "Rows[answers.Domain]" = Rows("domains")
topics: "Rows[answers.Topic]" = Rows("topics")
repos: "Rows[answers.Repo]" = Rows("repos")
workplans: "Rows[answers.Workplan]" = Rows("workplans")
tasks: "Rows[answers.Task]" = Rows("tasks")
decisions: "Rows[answers.Decision]" = Rows("decisions")
progress: "Rows[answers.Event]" = Rows("progress")


def resolve_decision(
    name: str, rationale: str, decided_by: str | None = None, *, version: int | None = None
) -> "Call[answers.Decision]":
    """Answer a pending decision, once."""
    body = {"rationale": rationale} | ({"decided_by": decided_by} if decided_by else {})
    return Call("POST", path_of("decisions", name, "resolve"), body, _if_match(version))


def list_ready_tasks(**query: Query) -> "Call[answers.Items[answers.Task]]":
    """What is ready, in the order it is handed out: agent, repo, workplan, domain, tag, max_priority, limit."""
    return Call("GET", path_of("tasks", "ready", **query))


def list_blocked_tasks(**query: Query) -> "Call[answers.Page[answers.Blocked]]":
    """What waits, each with the reason: repo, workplan, limit, cursor."""
    return Call("GET", path_of("tasks", "blocked", **query))


def list_claims(**query: Query) -> "Call[answers.Items[answers.Claim]]":
    """Who holds what, and until when: agent, repo, limit."""
    return Call("GET", path_of("tasks", "claims", **query))


def claim_task(agent: str, *, wait_s: float = 0.0, **asked: Any) -> "Call[answers.Claimed | None]":
    """Take a task: task, repo, workplan, domain, tags, max_priority, lease_s. None: nothing is ready."""
    body = {"agent": agent, "wait_s": wait_s, **asked}
    return Call("POST", "/tasks/claim", body, timeout_s=wait_s + TIMEOUT_S)


def heartbeat_task(task: str, agent: str, claim_seq: int, *, lease_s: float | None = None) -> "Call[answers.Renewed]":
    """Keep a claim."""
    body = {"agent": agent, "claim_seq": claim_seq} | ({} if lease_s is None else {"lease_s": lease_s})
    return Call("POST", path_of("tasks", task, "heartbeat"), body)


def release_task(
    task: str, agent: str, claim_seq: int | None = None, *, reason: str | None = None, force: bool = False
) -> "Call[answers.Task]":
    """Give a task back, or take it away by force."""
    body = {"agent": agent, "claim_seq": claim_seq, "reason": reason, "force": force}
    return Call("POST", path_of("tasks", task, "release"), {n: v for n, v in body.items() if v is not None})


def complete_task(task: str, agent: str, claim_seq: int, *, summary: str | None = None) -> "Call[answers.Completed]":
    """Finish a task under its claim."""
    body = {"agent": agent, "claim_seq": claim_seq} | ({} if summary is None else {"summary": summary})
    return Call("POST", path_of("tasks", task, "complete"), body)


def why_task(task: str) -> "Call[answers.Why]":
    """Why a task is ready, or is not."""
    return Call("GET", path_of("tasks", task, "why"))


def get_health() -> "Call[answers.Health]":
    """Whether the hub lives, also when it says no."""
    return Call("GET", "/state/health", allow=(200, 503))


def get_ready() -> "Call[answers.Readiness]":
    """Whether the hub can be trusted, also when it says no."""
    return Call("GET", "/state/ready", allow=(200, 503))


def wait_for_change(since: str, timeout_s: float = 25.0, **filters: Query) -> "Call[answers.Changed | None]":
    """Until the state is past `since`; None at the timeout."""
    return Call(
        "GET", path_of("state", "wait", since=since, timeout=timeout_s, **filters), timeout_s=timeout_s + TIMEOUT_S
    )


def list_changes(since: str, *, limit: int | None = None, cursor: str | None = None) -> "Call[answers.Changes]":
    """Every event since a token, a page at a time."""
    return Call("GET", path_of("state", "changes", since=since, limit=limit, cursor=cursor))


def get_context(repo: str | None = None, budget: int | None = None) -> Call[str]:
    """The briefing for an agent that starts work, as Markdown of at most `budget` characters."""
    return Call("GET", path_of("state", "context", repo=repo, budget=budget), is_text=True)


def search(words: str, **filters: Query) -> "Call[answers.Page[answers.Hit]]":
    """Ranked hits of all kinds; filters `kind`, `repo`, `status`, and `limit`, `cursor`."""
    return Call("GET", path_of("state", "search", q=words, **filters))


def get_event_volume(
    days: int = 30, by: Literal["author_kind", "event_type"] = "author_kind"
) -> "Call[answers.Volume]":
    """Events a day (UTC) of the last 1 to 90 days."""
    return Call("GET", path_of("progress", "volume", days=days, by=by))


def get_decision_velocity(weeks: int = 12) -> "Call[answers.Velocity]":
    """Decisions made a week of the last 1 to 53 weeks, and how long they had waited."""
    return Call("GET", path_of("decisions", "velocity", weeks=weeks))


def import_document(
    fmt: ImportFormat, repo: str, domain: str, document: str | Mapping[str, str], *, dry_run: bool = False
) -> "Call[answers.ImportResult]":
    """Import another tool's file, or its folder as path → text; with `dry_run` tell what would happen."""
    body = {"format": fmt, "repo": repo, "domain": domain, "document": document} | (
        {"dry_run": True} if dry_run else {}
    )
    return Call("POST", "/import", body, timeout_s=IMPORT_TIMEOUT_S)


def import_hub(document: str) -> "Call[answers.HubImported]":
    """Read a whole exported hub into an empty one."""
    return Call("POST", "/import/hub", {"document": document}, timeout_s=IMPORT_TIMEOUT_S)


def classify_repo(slug: str, document: Mapping[str, Any], *, version: int | None = None) -> "Call[answers.Repo]":
    """Register a repository by its classification, or reclassify it; `path` and `remote_url` may be in it."""
    return Call("PUT", path_of("repos", slug, "classification"), dict(document), _if_match(version))


def list_plans(repo: str) -> "Call[answers.Plans]":
    """A repository's plans, as a sync reads them."""
    return Call("GET", path_of("repos", repo, "sync"), timeout_s=60)


def sync_plans(repo: str, workplans: Sequence[Mapping[str, Any]]) -> "Call[answers.Synced]":
    """Write what a sync found, against the versions that it read."""
    return Call("POST", path_of("repos", repo, "sync"), {"workplans": list(workplans)}, timeout_s=SYNC_TIMEOUT_S)


def review_legacy() -> "Call[answers.Items[answers.LegacyInterface]]":
    """Who still uses legacy interfaces, and which may be retired."""
    return Call("GET", "/legacy-meter")


def register_interface(kind: str, name: str, successor: str, **more: Any) -> "Call[answers.LegacyInterface]":
    """Register a legacy interface, or change it: `sunset_at`, `retire_after_days`."""
    return Call("POST", "/legacy-meter/interfaces", {"kind": kind, "name": name, "successor": successor, **more})


def record_use(kind: str, name: str) -> "Call[answers.LegacyUse]":
    """Record a use of a legacy interface; the caller is the token's name, else the User-Agent."""
    return Call("POST", "/legacy-meter/uses", {"kind": kind, "name": name})


def once(call: Call[T], key: str) -> Call[T]:
    """The same write under an Idempotency-Key: sent again, it is not done again."""
    return replace(call, headers={**call.headers, "Idempotency-Key": key})


def following(call: "Call[answers.Page[T]]", cursor: str) -> "Call[answers.Page[T]]":
    """The page after one that ended with this cursor."""
    parts = urlsplit(call.path)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "cursor"]
    return replace(call, path=f"{parts.path}?{urlencode([*query, ('cursor', cursor)])}")
