"""A hub that has something of everything, real plans where they are here, and its dashboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from statehub.dashboard.hub import Place
from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board
from tests.hubs import REAL_DATA
from tests.running import Hub, running

# what must be there before a page counts as drawn
PAGES = {
    "overview": ("/", [".repos .repo", ".chart svg", ".feed .entry"]),
    "workstreams": ("/workstreams", [".table tr[data-index]"]),
    "selected": ("/workstreams?plan={plan}", [".table tr[data-index]", ".detail .task", ".detail .entry"]),
    "workplan": ("/workplan?code={plan}", [".tasks .task", ".feed .entry"]),
    "decisions": ("/decisions", [".decisions .decision", ".chart svg"]),
    "progress": ("/progress", [".feed .entry", ".chart svg"]),
    "search": ("/search?q=dash", [".hits .hit"]),
}


@dataclass
class Site:
    """A hub, the dashboard on it, and a workplan with tasks and events."""

    hub: Hub
    board: Board
    plan: str

    def address(self, path: str) -> str:
        return self.board.url + path.format(plan=self.plan)


def fill(hub: Hub) -> str:
    """Real plans and tasks where there are some, and of our own what they lack; the code of a plan of ours."""
    if REAL_DATA.exists():
        for kind, name in (("beads", "beads-viewer.jsonl"), ("taskmaster", "taskmaster-tasks.json")):
            text = (REAL_DATA / name).read_text(encoding="utf-8")
            given = {"format": kind, "repo": name.partition(".")[0], "domain": "infotech", "document": text}
            answer = hub.post("/import", given)
            assert answer.status in (200, 201), answer.body
    for slug in ("web-shop", "billing"):
        hub.created("/repos", slug=slug, name=slug, domain="infotech", category="product")
    statuses = ("active", "ready", "blocked", "backlog", "finished")
    plans = [
        hub.created("/workplans", repo="web-shop", title=f"The dash for part {n}", status=statuses[n % 5], owner="ada")
        for n in range(10)
    ]
    plan: str = plans[0]["code"]
    rows = [{"workplan": plan, "title": f"Step {n}", "status": ("done", "todo", "todo")[n % 3]} for n in range(9)]
    assert hub.post("/tasks", rows).status == 201
    assert hub.post(f"/tasks/{plan}-T03/dependencies", {"depends_on": f"{plan}-T02"}).status in (200, 201)
    assert hub.post("/tasks/claim", {"agent": "claude-7", "task": f"{plan}-T02"}).status == 200
    for title, more in (("Which queue?", {"due_at": "2026-01-01T00:00:00Z"}), ("Which licence?", {})):
        hub.created("/decisions", title=title, workplan=plan, **more)
    asked = hub.created("/decisions", title="Which colour?", workplan=plan)["code"]
    answer = hub.post(f"/decisions/{asked}/resolve", {"rationale": "blue", "decided_by": "ada"})
    assert answer.status in (200, 201), answer.body
    return plan


@contextmanager
def furnished(server: str, template: str, dist: Path, **options: Any) -> Iterator[Site]:
    """Such a site while inside; `options` are of open_board()."""
    with (
        temporary_database(server, template) as database,
        running(database) as hub,
        open_board(lambda: Place(hub.url), dist, **options) as board,
    ):
        yield Site(hub, board, fill(hub))


def drawn(page: Page, wanted: list[str]) -> None:
    """Everything of it is there, and the page is live."""
    for one in wanted:
        page.locator(one).first.wait_for()
    expect(page.locator(".badge")).to_have_text("live")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
