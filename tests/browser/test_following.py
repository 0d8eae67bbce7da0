"""How the pages of the dashboard follow the hub. How soon they do is measured by bench/dashboard.py."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from statehub.dashboard.hub import Place
from tests.browser.conftest import Watched
from tests.browser.sites import PAGES, Site, drawn, furnished
from tests.conftest import temporary_database
from tests.dashboard.board import open_board
from tests.running import running

HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", {get: () => state, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def site(server: str, template: str, dist: Path) -> Iterator[Site]:
    with furnished(server, template, dist) as found:
        yield found


def test_a_row_changed_by_psql_shows_and_what_was_chosen_stays(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.address("/workstreams?repo=web-shop&status=active&plan={plan}"))
    drawn(page, [".detail .task"])
    page.get_by_label("Text", exact=True).focus()
    address = page.url
    page.evaluate("window.same = true")
    site.hub.execute("update workplans set title = 'Renamed by psql' where code = %s", site.plan)
    row = page.locator(".table tr[data-index]", has_text="Renamed by psql")
    expect(row).to_be_visible()
    expect(page.locator(".detail h2").first).to_contain_text("Renamed by psql")
    site.hub.execute("update tasks set title = 'Task by psql' where code = %s", f"{site.plan}-T01")
    expect(page.locator(".detail .task", has_text="Task by psql")).to_be_visible()
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
    expect(page.locator(".ask", has_text="Which queue?")).to_contain_text("escalated")
    assert page.evaluate("[window.focused === document.activeElement, scrollY]") == [True, 300]


def test_a_hub_that_goes_and_comes_back_is_caught_up_with(
    server: str, template: str, dist: Path, watched: Watched
) -> None:
    page = watched.page
    with temporary_database(server, template) as database, ExitStack() as first:
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
                expect(page.locator(".badge")).to_have_text("live")
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
    expect(page.locator(".table tr[data-index]", has_text=plan)).to_be_visible()
    expect(page.locator(".badge")).to_have_text("live")


def test_a_tab_that_was_opened_in_the_background_is_current_when_it_is_looked_at(site: Site, watched: Watched) -> None:
    page = watched.page
    page.add_init_script(f"({HIDE})('hidden')")
    page.goto(site.address("/workstreams?repo=billing"))
    page.locator(".counter", has_text="workplan").wait_for()
    plan = site.hub.created("/workplans", repo="billing", title="Made behind its back", status="active")["code"]
    site.hub.settled()
    page.evaluate(HIDE, "visible")
    expect(page.locator(".table tr[data-index]", has_text=plan)).to_be_visible()


def test_what_one_commit_changed_is_read_once(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.address("/workstreams?plan={plan}"))
    drawn(page, [".detail .task"])
    site.hub.settled()
    before = len(watched.asked)
    site.hub.execute("update tasks set title = 'Changed once' where code = %s", f"{site.plan}-T01")
    expect(page.locator(".detail .task", has_text="Changed once")).to_be_visible()
    page.wait_for_timeout(1000)  # a second read would begin after 300 ms at the latest
    asked = [url.split("/api/")[1] for url in watched.asked[before:]]
    assert sum(url.startswith("tasks?") for url in asked) == 1, asked
    assert len(asked) == len(set(asked)), asked


def test_a_stream_that_a_hub_takes_and_never_answers_is_opened_anew(site: Site, watched: Watched) -> None:
    streams: list[Route] = []

    def hold_the_first(route: Route) -> None:
        streams.append(route)
        if len(streams) > 1:
            route.continue_()

    watched.page.route("**/api/state/events", hold_the_first)
    watched.page.goto(site.address("/workstreams"))
    watched.page.locator(".counter", has_text="workplan").wait_for()
    watched.page.evaluate("dispatchEvent(new Event('online'))")  # opens no second one beside it, and gives up nothing
    assert len(streams) == 1
    expect(watched.page.locator(".badge")).to_have_text("live")
    assert len(streams) == 2
