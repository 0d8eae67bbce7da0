"""/search: hits of all kinds, and the rows of a kind."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.pages import HOSTILE, LOOKS, Site, built, look, open_site

pytestmark = built


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Iterator[Site]:
    with open_site(server, template) as site:
        plan = site.post("/workplans", repo="web-shop", title="Price the harpoons", status="active")["code"]
        tasks = [{"workplan": plan, "title": f"Weigh harpoon {n}", "description": "of iron"} for n in range(60)]
        assert site.hub.post("/tasks", tasks).status == 201
        site.post("/tasks", workplan=plan, title="Ask", status="wait", waiting_on="the smith of the harpoons")
        yield site


def test_the_box_of_every_page_leads_there_and_places_are_marked(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/")
    page.get_by_role("searchbox", name="Search the hub").fill("smith")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).not_to_have_count(0)
    assert page.url.endswith("/search?q=smith")
    expect(page.locator(".hit mark").first).to_have_text("smith")
    site.is_clean(watched)


def test_more_are_shown_on_demand_and_arrow_keys_go_through_them(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/search?q=harpoon&kind=task")
    expect(page.locator(".hit")).to_have_count(40)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".hit")).not_to_have_count(40)
    page.locator(".hit a.row-title").first.focus()
    page.keyboard.press("ArrowDown")
    second = page.locator(".hit a.row-title").nth(1).get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == second
    page.keyboard.press("Enter")
    page.wait_for_url("**/workplan?code=WEB-SHOP-WP-0001&task=*")


def test_without_a_word_it_lists_the_rows_of_the_kind_by_status(site: Site, watched: Watched) -> None:
    page = site.open(watched, "/search?kind=task&status=wait")
    expect(page.locator(".hit .row-title")).to_have_text(["Ask"])
    page.get_by_label("Kind").select_option("workplan")
    expect(page.locator(".hit .row-title")).to_have_text(["Price the harpoons"])
    assert "kind=workplan" in page.url
    assert "status" not in page.url


def test_hostile_text_stays_text(site: Site, watched: Watched) -> None:
    site.post("/topics", slug="bad", title=HOSTILE, domain="infotech", description=HOSTILE)
    page = site.open(watched, "/search?q=owned")
    expect(page.locator(".hit").first).to_contain_text("<script>window.__owned=1</script>")
    assert page.locator("main img, main script, a[href^=javascript]").count() == 0
    page.goto(site.board.url + "/search?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&kind=%3Cb%3E")
    expect(page.locator("main .state-title").first).to_be_visible()
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.__owned") is None


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_fit_to_be_seen(site: Site, watched: Watched, scheme: str, width: int) -> None:
    look(watched, site, "/search?q=harpoon", ".hit", scheme, width)
    watched.shoot(f"search-{scheme}-{width}")
