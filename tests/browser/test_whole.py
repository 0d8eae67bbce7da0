"""How each page of the dashboard looks, on real plans where they are here, and what it costs a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SHOTS, Watched
from tests.browser.pages import AXE
from tests.browser.sites import PAGES, Site, drawn, furnished

SCRIPT_BYTES = 700_000
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


@pytest.fixture(scope="module")
def site(server: str, template: str, dist: Path) -> Iterator[Site]:
    with furnished(server, template, dist) as found:
        yield found


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
