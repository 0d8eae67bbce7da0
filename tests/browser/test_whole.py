"""The dashboard as a whole, on real plans where they are here: how each page looks, and how it follows the hub."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from statehub.dashboard.hub import Place
from tests.browser.conftest import SHOTS, Watched
from tests.browser.pages import AXE
from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board
from tests.hubs import REAL_DATA
from tests.running import Hub, running

SCRIPT_BYTES = 700_000
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
# how far things moved, and which
MOVED = """window.moved = [];
new PerformanceObserver((list) => {
  // the badge in the header may grow by a word when the hub is slow to answer
  for (const {value, sources} of list.getEntries())
    if (!sources.every(({node}) => node?.closest?.("#liveness")))
      window.moved.push([value, ...sources.map(({node}) => node?.outerHTML?.slice(0, 150) ?? node?.textContent)]);
}).observe({type: "layout-shift", buffered: true});"""
SCRIPTS = """performance.getEntriesByType("resource").filter(({name}) => new URL(name).pathname.endsWith(".js"))
  .reduce((sum, {decodedBodySize}) => sum + decodedBodySize, 0)"""
SERIOUS = """axe.run().then(({violations}) => violations.filter(({impact}) => ["serious", "critical"].includes(impact))
  .map(({id, nodes}) => [id, nodes.length, nodes[0].html.slice(0, 200)]))"""
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", {get: () => state, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


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


@pytest.fixture(scope="module")
def site(server: str, template: str, dist: Path) -> Iterator[Site]:
    with temporary_database(server, template) as database:
        database.value("select start_epoch()")
        with running(database) as hub, open_board(lambda: Place(hub.url), dist) as board:
            yield Site(hub, board, fill(hub))


def drawn(page: Page, wanted: list[str]) -> None:
    """Everything of it is there, and the page is live."""
    for one in wanted:
        page.locator(one).first.wait_for()
    expect(page.locator(".badge")).to_have_text("live")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def serious(page: Page) -> Any:
    """What axe-core holds for serious or critical."""
    if not AXE.exists():
        pytest.skip("no axe-core here: npm ci in dashboard/")
    page.evaluate("window.axe || " + AXE.read_text(encoding="utf-8").replace("/*!", "0;/*!", 1))
    return page.evaluate(SERIOUS)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_whole_in_light_and_dark(site: Site, watched: Watched, name: str, width: int) -> None:
    path, wanted = PAGES[name]
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="light")
    page.add_init_script(MOVED)
    page.goto(site.address(path))
    drawn(page, wanted)
    assert page.evaluate("window.moved") == []
    assert page.evaluate(SCRIPTS) < SCRIPT_BYTES
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.locator(wanted[0]).first.wait_for()
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert serious(page) == [], scheme
    assert watched.said == []
    assert [url for url in watched.asked if not url.startswith((site.board.url, "data:", "blob:"))] == []


def test_a_row_changed_by_psql_shows_within_a_second_and_what_was_chosen_stays(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.address("/workstreams?repo=web-shop&status=active&plan={plan}"))
    drawn(page, [".detail .task"])
    page.get_by_label("Text", exact=True).focus()
    address = page.url
    page.evaluate("window.same = true")
    site.hub.execute("update workplans set title = 'Renamed by psql' where code = %s", site.plan)
    row = page.locator(".table tr[data-index]", has_text="Renamed by psql")
    expect(row).to_be_visible(timeout=1000)
    expect(page.locator(".detail h2").first).to_contain_text("Renamed by psql", timeout=1000)
    site.hub.execute("update tasks set title = 'Task by psql' where code = %s", f"{site.plan}-T01")
    expect(page.locator(".detail .task", has_text="Task by psql")).to_be_visible(timeout=1000)
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Repository")).to_have_value("web-shop")
    expect(page.get_by_role("button", name="active")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    assert (page.url, page.evaluate("window.same")) == (address, True)


def test_the_overview_shows_what_psql_changed_and_nobody_loses_their_place(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.address("/"))
    drawn(page, PAGES["overview"][1])
    page.locator(".asks a", has_text="Which queue?").focus()
    page.evaluate("window.focused = document.activeElement; scrollTo(0, 300)")
    site.hub.execute("update decisions set status = 'escalated' where title = 'Which queue?'")
    expect(page.locator(".ask", has_text="Which queue?")).to_contain_text("escalated", timeout=1000)
    assert page.evaluate("[window.focused === document.activeElement, scrollY]") == [True, 300]


def test_a_hub_that_goes_and_comes_back_is_caught_up_with(
    server: str, template: str, dist: Path, watched: Watched
) -> None:
    page = watched.page
    with temporary_database(server, template) as database:
        database.value("select start_epoch()")
        with ExitStack() as first:
            hub = first.enter_context(running(database))
            with open_board(lambda: Place(hub.url), dist) as board:
                hub.created("/repos", slug="alpha", name="Alpha", domain="infotech", category="product")
                plan = hub.created("/workplans", repo="alpha", title="Before", status="active")["code"]
                page.goto(board.url + "/workstreams?repo=alpha")
                row = page.locator(".table tr[data-index]")
                drawn(page, [".table tr[data-index]"])
                first.close()
                expect(page.locator(".badge")).to_contain_text("hub unreachable")
                expect(row).to_contain_text("Before")
                hub.execute("update workplans set title = 'Changed meanwhile' where code = %s", plan)
                with running(database, port=hub.port):
                    expect(page.locator(".badge")).to_have_text("live", timeout=20_000)
                    expect(row).to_contain_text("Changed meanwhile")
                    expect(page.get_by_label("Repository")).to_have_value("alpha")


def test_a_hidden_tab_has_no_stream_and_catches_up_when_it_is_shown(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.address("/workstreams?repo=billing"))
    expect(page.locator(".badge")).to_have_text("live")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/state/events")):
        page.evaluate(HIDE, "hidden")
    before = len(watched.asked)
    plan = site.hub.created("/workplans", repo="billing", title="Made meanwhile", status="active")["code"]
    site.hub.settled()
    assert watched.asked[before:] == []
    page.evaluate(HIDE, "visible")
    expect(page.locator(".table tr[data-index]", has_text=plan)).to_be_visible(timeout=2000)
    expect(page.locator(".badge")).to_have_text("live")
