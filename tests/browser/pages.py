"""The built dashboard on a hub of its own, and what every page of it owes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from statehub.dashboard.folders import find
from tests.browser.conftest import Watched
from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board
from tests.running import Hub, running

AXE = Path(__file__).parent.parent.parent / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = (
    '<img src=x onerror="window.__owned=1"><script>window.__owned=1</script> javascript:window.__owned=1 \u202etxt'
)
built = pytest.mark.skipif(find() is None, reason="the dashboard is not built: make dashboard-build")
LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@dataclass
class Site:
    """A hub, and the dashboard on it."""

    hub: Hub
    board: Board

    def post(self, path: str, **document: Any) -> Any:
        """What an agent does; the row."""
        answer = self.hub.post(path, document, X_StateHub_Author="claude-7", X_StateHub_Author_Kind="agent")
        assert answer.status in (200, 201), answer.body
        return answer.json

    def open(self, watched: Watched, path: str) -> Page:
        """The page, once it is live."""
        watched.page.goto(self.board.url + path)
        expect(watched.page.locator(".badge")).to_have_text("live")
        return watched.page

    def is_clean(self, watched: Watched) -> None:
        """Nothing was complained of, nobody else was asked, and no text became anything but text."""
        assert watched.said == []
        assert [url for url in watched.asked if not url.startswith((self.board.url, "data:", "blob:"))] == []
        assert watched.page.evaluate("window.__owned") is None


@contextmanager
def open_site(server: str, template: str) -> Iterator[Site]:
    """A site without a row but what is seeded, and one topic."""
    with (
        temporary_database(server, template) as database,
        running(database) as hub,
        open_board(hub.url, find()) as board,
    ):
        site = Site(hub, board)
        site.post("/topics", slug="ship", title="Shipping", domain="infotech")
        site.post("/repos", slug="web-shop", name="Web shop", domain="infotech", category="product")
        yield site


def look(watched: Watched, site: Site, path: str, shown: str, scheme: str, width: int) -> None:
    """The page in these colours at this width: not too wide, nothing moves, axe finds nothing serious."""
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.add_init_script(
        "window.__moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.__moved += one.value; }).observe({type: 'layout-shift', buffered: true});"
    )
    site.open(watched, path)
    page.locator(shown).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.__moved") < 0.05
    if not AXE.exists():
        pytest.skip("no axe-core here: npm ci in dashboard/")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({violations}) => violations.map(({id, impact}) => [id, impact]))")
    assert [one for one in found if one[1] in ("serious", "critical")] == []
    site.is_clean(watched)
