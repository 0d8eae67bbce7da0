"""/progress: the feed that is only added to, and how much of it there is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.pages import HOSTILE, LOOKS, Site, built, look, open_site
from tests.running import eventually

pytestmark = built


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Iterator[Site]:
    with open_site(server, template) as site:
        answer = site.hub.post("/progress", [{"summary": f"event {n}", "topic": "ship"} for n in range(120)])
        assert answer.status == 201
        yield site


def test_an_event_comes_to_the_top_by_itself(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/progress")
    expect(page.locator(".entry").first).to_be_visible()
    site.post("/progress", summary="it is live", topic="ship")
    expect(page.locator(".entry").first).to_contain_text("it is live")
    site.is_clean(watched)


def test_who_has_scrolled_down_is_told_and_not_moved(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/progress")
    row = page.locator(".entry").nth(30)
    row.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 400)")
    text, place = row.inner_text(), "(node) => Math.round(node.getBoundingClientRect().top)"
    eventually(lambda: page.evaluate("scrollY > 600"), "it has scrolled")
    handle = row.element_handle()
    assert handle
    before = handle.evaluate(place)
    for n in range(3):
        site.post("/progress", summary=f"meanwhile {n}", topic="ship")
    button = page.get_by_role("button", name="3 new")
    expect(button).to_be_visible()
    assert page.get_by_text("meanwhile 2").count() == 0
    assert (handle.evaluate(place), handle.inner_text().split("\n")[0]) == (before, text.split("\n")[0])
    button.click()
    expect(page.locator(".entry").first).to_contain_text("meanwhile 2")
    eventually(lambda: page.evaluate("scrollY === 0"), "it is at the top")


def test_older_ones_are_loaded_on_demand_none_twice(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/progress?event_type=note")
    expect(page.locator(".entry")).to_have_count(50)
    while page.get_by_role("button", name="Show older").is_visible():
        shown = page.locator(".entry").count()
        page.get_by_role("button", name="Show older").click()
        expect(page.locator(".entry")).not_to_have_count(shown)
    keys = page.locator(".entry").evaluate_all("(nodes) => nodes.map((node) => node.dataset.key)")
    total = site.hub.get("/progress?event_type=note&limit=500&fields=id").json["items"]
    assert keys == [f"event-{row['id']}" for row in total]


def test_filters_and_the_split_of_the_chart_stand_in_the_address(site: Site, watched: Watched) -> None:
    site.hub.post(
        "/progress",
        {"summary": "by a person", "topic": "ship"},
        X_StateHub_Author="ada",
        X_StateHub_Author_Kind="human",
    )
    page = site.open(watched, "/progress")
    page.get_by_role("button", name="person").click()
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_role("button", name="by type").click()
    expect(page.locator(".chart-legend")).to_contain_text("milestones")
    assert "author_kind=human" in page.url
    assert "by=event_type" in page.url
    page.reload()
    expect(page.locator(".entry")).to_have_count(1)
    expect(page.locator(".chart-legend")).to_contain_text("milestones")
    page.goto(site.board.url + "/progress?until=2001-01-01")
    expect(page.get_by_text("No event is like that")).to_be_visible()


def test_hostile_text_stays_text(site: Site, watched: Watched) -> None:
    site.hub.post("/progress", {"summary": HOSTILE, "topic": "ship", "author": "<b>eve</b>"})
    page = site.open(watched, "/progress")
    expect(page.locator(".entry").first).to_contain_text("<script>window.__owned=1</script>")
    expect(page.locator(".entry .author").first).to_contain_text("<b>eve</b>")
    assert page.locator("main img, main script, a[href^=javascript]").count() == 0
    site.is_clean(watched)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_fit_to_be_seen(site: Site, watched: Watched, scheme: str, width: int) -> None:
    look(watched, site, "/progress", ".entry", scheme, width)
    watched.shoot(f"progress-{scheme}-{width}")
