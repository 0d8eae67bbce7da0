"""Workstreams and the page of one workplan, as they are built and served, in a real browser."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from statehub.dashboard.hub import Place
from tests.browser.conftest import ROOT, Watched
from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board
from tests.running import Hub, running

AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
EVIL = '<img src=x onerror="window.evil=1"><script>window.evil=1</script> [x](javascript:window.evil=1)'
SERIOUS = """() => axe.run().then(({violations}) => violations
  .filter(({impact}) => ["serious", "critical"].includes(impact))
  .map(({id, nodes}) => [id, nodes[0].html.slice(0, 200)]))"""
SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; })
  .observe({type: "layout-shift", buffered: true});"""


@dataclass
class Filled:
    """A hub with plans in it, its dashboard, and the codes of what the tests look at."""

    hub: Hub
    board: Board
    big: str
    evil: str
    other: str

    def at(self, path: str) -> str:
        return self.board.url + path


def fill(hub: Hub) -> dict[str, str]:
    """Repositories, plans of each kind, one with many tasks, one with a hostile text in each of its fields."""
    for slug in ("alpha", "beta"):
        hub.created("/repos", slug=slug, name=slug, domain="infotech", category="product")
    codes = {}
    for i in range(260):
        status = ("active", "ready", "blocked", "backlog")[i % 4]
        due = {"due_at": "2020-01-01T00:00:00Z"} if i == 5 else {}
        hub.created("/workplans", repo="alpha", title=f"Plan {i}", status=status, owner=("ada", "bob")[i % 2], **due)
    codes["other"] = hub.created("/workplans", repo="beta", title="Prepare the ground", status="active")["code"]
    codes["big"] = hub.created("/workplans", repo="beta", title="Move the hub", status="active", owner="ada")["code"]
    codes["evil"] = hub.created(
        "/workplans", repo="beta", title=EVIL, status="active", owner=EVIL, description=f"{EVIL} javascript:alert(1)",
        labels=[EVIL],
    )["code"]  # fmt: skip
    hub.created("/tasks", workplan=codes["evil"], title=EVIL, description=EVIL, status="wait", waiting_on=EVIL)
    hub.created("/tasks", workplan=codes["evil"], title=EVIL, assignee=EVIL)
    wait_for(hub, f"{codes['evil']}-T02", f"{codes['evil']}-T01")
    hub.created("/tasks", workplan=codes["other"], title="Clear it")
    rows = [{"workplan": codes["big"], "title": f"Step {i}", "status": "done" if i < 2 else "todo"} for i in range(8)]
    assert hub.post("/tasks", rows).status == 201
    big = codes["big"]
    for needing, needed in ((2, 1), (3, 1), (4, 3), (5, 3), (5, 2)):
        wait_for(hub, f"{big}-T0{needing}", f"{big}-T0{needed}")
    wait_for(hub, f"{big}-T05", f"{codes['other']}-T01")
    assert hub.post("/tasks/claim", {"agent": "claude-7", "task": f"{big}-T03"}).status == 200
    assert hub.post("/progress", {"summary": EVIL, "workplan": codes["evil"]}).status == 201
    return codes


def wait_for(hub: Hub, task: str, needed: str) -> None:
    assert hub.post(f"/tasks/{task}/dependencies", {"depends_on": needed}).status in {200, 201}


@pytest.fixture(scope="module")
def filled(server: str, template: str, dist: Path) -> Iterator[Filled]:
    with (
        temporary_database(server, template) as database,
        running(database) as hub,
        open_board(lambda: Place(hub.url), dist) as board,
    ):
        yield Filled(hub, board, **fill(hub))


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Watched]:
    """A page with another size or scheme."""
    context = browser.new_context(**options)
    found = Watched(context.new_page())
    found.page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
    found.page.on("request", lambda request: found.asked.append(request.url))
    yield found
    context.close()


def rows(page: Page) -> Locator:
    return page.locator(".table tbody tr[data-index]")


def list_of(page: Page, url: str) -> None:
    page.goto(url)
    expect(rows(page).first).to_be_visible()


def query(page: Page) -> str:
    return page.url.partition("?")[2]


def test_filters_stand_in_the_address_and_the_back_button_takes_them_back(filled: Filled, watched: Watched) -> None:
    page = watched.page
    list_of(page, filled.at("/workstreams"))
    expect(page.locator(".counter")).to_have_text("the first 100 of 263 workplans")
    page.get_by_label("Repository").select_option("beta")
    expect(page.locator(".counter")).to_have_text("3 workplans")
    page.get_by_label("Owner").fill("ada")
    expect(page.locator(".counter")).to_have_text("1 workplan")
    assert query(page) == "repo=beta&owner=ada"
    page.reload()
    expect(page.locator(".counter")).to_have_text("1 workplan")
    expect(page.get_by_label("Owner")).to_have_value("ada")
    page.go_back()
    expect(page.locator(".counter")).to_have_text("3 workplans")
    expect(page.get_by_label("Owner")).to_have_value("")
    page.go_back()
    expect(page.locator(".counter")).to_have_text("the first 100 of 263 workplans")
    page.get_by_role("button", name="blocked").click()
    expect(page.locator(".counter")).to_have_text("65 workplans")
    page.get_by_label("Text", exact=True).fill("plan 13")
    expect(page.locator(".counter")).to_have_text(re.compile("workplan"))
    expect(page).to_have_url(re.compile(r"q=plan\+13.*status=blocked"))
    page.get_by_label("Text", exact=True).fill("nothing-of-that-name")
    expect(page.get_by_text("No workplan fits these filters")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".counter")).to_have_text("the first 100 of 263 workplans")
    assert query(page) == ""
    assert watched.said == []


@pytest.mark.parametrize(("name", "typed"), [("q", "nothing-of-that-name"), ("owner", "nobody")])
def test_what_is_being_typed_survives_a_rendering(filled: Filled, watched: Watched, name: str, typed: str) -> None:
    page = watched.page
    list_of(page, filled.at("/workstreams?q=plan"))
    field = page.locator(f".filters input[name={name}]")
    field.evaluate(
        """(field, typed) => {
          field.focus();
          field.value = typed;
          field.dispatchEvent(new Event("input", {bubbles: true}));
          dispatchEvent(new PopStateEvent("popstate")); // draws all again, from the address
        }""",
        typed,
    )
    expect(field).to_have_value(typed)
    field.dispatch_event("change")
    expect(page).to_have_url(re.compile(f"{name}={typed}"))
    page.go_back()
    expect(field).to_have_value("plan" if name == "q" else "")


def test_the_order_is_the_hubs_and_the_next_rows_come_when_they_are_scrolled_to(
    filled: Filled, watched: Watched
) -> None:
    page = watched.page
    list_of(page, filled.at("/workstreams"))
    page.get_by_role("button", name="Due").click()
    expect(rows(page).first).to_contain_text("overdue")
    assert query(page) == "sort=due_at"
    grid = page.locator(".table-scroll")
    grid.focus()
    grid.press("End")
    expect(page.locator(".counter")).to_have_text("the first 200 of 263 workplans")
    grid.press("End")
    expect(page.locator(".counter")).to_have_text("263 workplans")
    grid.press("End")
    expect(page.locator("tr.is-active")).to_have_attribute("data-index", "262")
    assert rows(page).count() < 60, "only the rows in sight are drawn"


def test_a_change_by_somebody_else_shows_at_once_and_takes_nothing_away(filled: Filled, watched: Watched) -> None:
    page = watched.page
    list_of(page, filled.at(f"/workstreams?repo=beta&plan={filled.big}"))
    expect(page.locator(".detail h2")).to_have_text("Move the hub")
    expect(page.locator(".detail .task")).to_have_count(8)
    page.locator(".detail-tasks").evaluate("(box) => (box.scrollTop = 60)")
    expect(page.locator("#liveness")).to_have_text("live")
    page.evaluate("window.kept = true")
    filled.hub.execute("update workplans set title = 'Prepare all the ground' where code = %s", filled.other)
    expect(page.get_by_text("Prepare all the ground")).to_be_visible()
    filled.hub.execute("update tasks set title = 'Step by psql' where code = %s", f"{filled.big}-T08")
    expect(page.get_by_text("Step by psql").first).to_be_visible()
    assert query(page) == f"repo=beta&plan={filled.big}"
    expect(page.get_by_label("Repository")).to_have_value("beta")
    expect(page.locator('tr[aria-selected="true"]')).to_contain_text("Move the hub")
    assert page.locator(".detail-tasks").evaluate("(box) => box.scrollTop") == 60
    assert page.evaluate("window.kept"), "it was not loaded anew"
    assert watched.said == []


def test_arrows_move_the_selection_enter_opens_it_and_escape_closes_it(filled: Filled, watched: Watched) -> None:
    page = watched.page
    list_of(page, filled.at("/workstreams?repo=beta&sort=code"))
    grid = page.locator(".table-scroll")
    grid.focus()
    grid.press("ArrowDown")
    assert "plan=" not in page.url, "nothing opens by itself"
    grid.press("Enter")
    expect(page).to_have_url(re.compile(f"plan={filled.other}$"))
    expect(page.locator(".detail h2")).to_contain_text("the ground")
    grid.press("ArrowDown")
    expect(page).to_have_url(re.compile(f"plan={filled.big}$"))
    expect(page.locator(".detail .task")).to_have_count(8)
    grid.press("Enter")
    expect(page.locator(".detail h2 a")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()
    expect(grid).to_be_focused()
    assert "plan=" not in page.url
    page.go_back()
    expect(page.locator(".detail h2")).to_have_text("Move the hub")


def test_the_graph_shows_what_waits_for_what_and_leads_to_the_tasks(filled: Filled, watched: Watched) -> None:
    page, big = watched.page, filled.big
    page.goto(filled.at(f"/workplan?code={big.lower()}"))
    nodes = page.locator(".graph .node")
    expect(nodes).to_have_count(6)
    expect(page.locator(".graph .edge")).to_have_count(6)
    expect(page.locator(".node.is-outside")).to_contain_text(filled.other)
    held = page.locator(".node.is-held")
    expect(held).to_have_count(2)
    third = page.get_by_role("link", name=re.compile(r"^T03.*in progress, held by claude-7"))
    third.focus()
    page.keyboard.press("ArrowRight")
    expect(held.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"task={big}-T04"))
    expect(page.locator(".history")).to_contain_text("Why it is not ready")
    expect(page.locator(".node.is-chosen")).to_have_count(1)
    expect(page.locator(".task.is-selected")).to_contain_text("T04")
    page.get_by_role("button", name="done").click()
    expect(page.locator(".tasks .task")).to_have_count(2)
    page.get_by_role("link", name="hide what is done").click()
    expect(nodes).to_have_count(4)
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.locator(".history h2")).to_have_text("Timeline")
    assert watched.said == []


def test_a_plan_without_dependencies_or_tasks_says_so(filled: Filled, watched: Watched) -> None:
    watched.page.goto(filled.at("/workplan?code=ALPHA-WP-0001"))
    expect(watched.page.get_by_text("No task waits for another one")).to_be_visible()
    expect(watched.page.get_by_text("This workplan has no tasks yet")).to_be_visible()


@pytest.mark.parametrize(
    "code", ["NOBODYS-WP-0001", "../../state/summary", "<img src=x onerror=alert(1)>", "\0", "%", "x" * 3000, "ä ö"]
)
def test_a_code_that_nobody_has_leads_to_the_search(filled: Filled, watched: Watched, code: str) -> None:
    page = watched.page
    page.goto(filled.at(f"/workplan?code={quote(code, safe='')}&task={quote(code, safe='')}"))
    expect(page.get_by_text("There is no such workplan")).to_be_visible()
    expect(page.get_by_role("link", name="Search for it")).to_have_attribute("href", re.compile("^/search"))
    page.goto(filled.at(f"/workstreams?plan={quote(code, safe='')}"))
    expect(page.locator(".detail").get_by_text("There is no such workplan")).to_be_visible()
    page.goto(filled.at(f"/workplan?code={filled.big}&task={quote(code, safe='')}"))
    expect(page.get_by_text("This workplan has no such task")).to_be_visible()
    page.goto(filled.at("/workplan"))
    expect(page.get_by_text("Which workplan?")).to_be_visible()
    assert watched.said == []


def test_text_of_the_hub_stays_text(filled: Filled, watched: Watched) -> None:
    page, code = watched.page, filled.evil
    list_of(page, filled.at(f"/workstreams?repo=beta&plan={code}"))
    expect(page.locator(".detail .feed")).to_contain_text("<img src=x")
    page.goto(filled.at(f"/workplan?code={code}&task={code}-T01"))
    expect(page.locator("h1")).to_have_text(EVIL)
    expect(page.locator(".history .task-title")).to_have_text(EVIL)
    assert page.locator("main img, main script:not([type]), a[href^='javascript']").count() == 0
    assert page.evaluate("window.evil") is None
    assert watched.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_both_pages_are_sound_in_every_dress(filled: Filled, browser: Browser, scheme: Any, width: int) -> None:
    paths = {
        "workstreams": "/workstreams",
        "workstreams-selected": f"/workstreams?repo=beta&plan={filled.big}",
        "workplan": f"/workplan?code={filled.big}&task={filled.big}-T05",
    }
    size: Any = {"width": width, "height": 900 if width > 1000 else 844}
    with opened(browser, viewport=size, color_scheme=scheme, bypass_csp=True) as found:
        page = found.page
        page.add_init_script(SHIFTS)
        for name, path in paths.items():
            page.goto(filled.at(path))
            expect(page.locator("#liveness")).to_have_text("live")
            expect(page.locator(".history .feed, .detail .feed, .table tr[data-index]").last).to_be_attached()
            page.wait_for_load_state("load")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert page.evaluate("window.shifts") < 0.1, name
            page.add_script_tag(path=AXE)
            serious = page.evaluate(SERIOUS)
            assert serious == [], json.dumps([name, serious], indent=1)
            found.shoot(f"{name}-{scheme}-{width}")
        assert found.said == []
        assert [url for url in found.asked if not url.startswith((filled.board.url, "data:"))] == []
