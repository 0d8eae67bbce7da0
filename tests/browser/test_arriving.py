"""A page whose text arrives piece by piece, as it does where machines are busy: what was drawn stays where it is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.browser.conftest import Watched
from tests.browser.sites import PAGES, Site, drawn, furnished
from tests.browser.test_whole import MOVED

PIECE = 600  # bytes: some fifteen pieces of what a page shows
PAUSE_S = 0.05  # a browser draws what it has got meanwhile
# with one thing chosen, pages stand in another order on a phone
CHOSEN = {
    "decision": ("/decisions?code=DEC-0001", ["#selected h3", ".chart svg"]),
    "task": ("/workplan?code={plan}&task={plan}-T02", [".tasks .task", ".history .entry"]),
}
ALL = PAGES | CHOSEN


def in_pieces(app: ASGIApp) -> ASGIApp:
    """The same, with each page sent piece by piece."""

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        page = False

        async def sent(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start":
                page = dict(message["headers"]).get(b"content-type", b"").startswith(b"text/html")
            body = message.get("body", b"")
            while page and len(body) > PIECE:
                await send({"type": "http.response.body", "body": body[:PIECE], "more_body": True})
                await asyncio.sleep(PAUSE_S)
                body = body[PIECE:]
            await send({**message, "body": body} if "body" in message else message)

        if scope["type"] == "http":
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        await app(scope, receive, sent)

    return slow


@pytest.fixture(scope="module")
def site(server: str, template: str, dist: Path) -> Iterator[Site]:
    with furnished(server, template, dist, within=in_pieces) as found:
        yield found


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", ALL)
def test_nothing_moves_while_a_page_arrives(site: Site, watched: Watched, name: str, width: int) -> None:
    path, wanted = ALL[name]
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(MOVED)
    page.goto(site.address(path))
    drawn(page, wanted)
    took_ms = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert took_ms > 3 * PAUSE_S * 1000, "it came in pieces"
    assert page.evaluate("window.moved") == []


@pytest.mark.parametrize("width", [1440, 600, 390])
def test_nothing_moves_while_the_hub_is_slow_to_tell(site: Site, watched: Watched, width: int) -> None:
    path, wanted = ALL["workstreams"]
    page, streams = watched.page, list[Route]()
    page.route("**/api/state/events", lambda route: route.continue_() if streams else streams.append(route))
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(MOVED)
    page.goto(site.address(path))
    expect(page.locator(".badge")).to_contain_text("snapshot of")
    place = page.locator(".find input").bounding_box()
    streams[0].continue_()
    drawn(page, wanted)
    assert page.evaluate("window.moved") == []
    assert page.locator(".find input").bounding_box() == place
