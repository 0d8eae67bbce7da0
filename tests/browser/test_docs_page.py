"""`/docs` in a real browser: drawn from files of our own, and good for a try."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.running import Hub


def test_the_page_is_drawn_without_any_other_host_and_without_a_complaint(shared_hub: Hub, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{shared_hub.url}/docs")
    expect(page.get_by_role("heading", name=re.compile("State Hub"))).to_be_visible()
    expect(page.locator("#operations-tasks-create_task")).to_be_visible()
    assert page.locator(".opblock").count() > 40
    assert watched.said == []
    ours = (shared_hub.url, "data:", "blob:")
    assert [url for url in watched.asked if not url.startswith(ours)] == []
    watched.shoot("docs")


def test_a_call_can_be_tried_from_the_page(shared_hub: Hub, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{shared_hub.url}/docs")
    block = page.locator("#operations-state-get_health")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text('"database"')
    assert watched.said == []


def test_the_page_says_where_the_document_is_when_its_files_are_missing(shared_hub: Hub, watched: Watched) -> None:
    watched.page.route("**/docs/*", lambda route: route.abort())
    watched.page.goto(f"{shared_hub.url}/docs")
    expect(watched.page.get_by_role("link", name="/openapi.json")).to_be_visible()
