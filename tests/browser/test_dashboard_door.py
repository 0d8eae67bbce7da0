"""The built dashboard in a browser, as it is served: by a link with its key, under its policy, live, with no token."""

import json
from collections.abc import Iterator

import pytest

from statehub.access import parse
from statehub.dashboard.folders import find
from statehub.dashboard.hub import Place
from statehub.dashboard.keys import key_of
from tests.browser.conftest import Watched
from tests.conftest import temporary_database
from tests.dashboard.board import Board, open_board
from tests.running import Hub, running

TOKENS = (parse("ada:secret-of-ada"),)
PAGES = ["/", "/workstreams", "/decisions", "/progress"]
POST = """(summary) => fetch("/api/progress", {
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({summary}),
}).then((answer) => answer.json())"""
pytestmark = pytest.mark.skipif(find() is None, reason="the dashboard is not built: make dashboard-build")


@pytest.fixture(scope="module")
def guarded(server: str, template: str) -> Iterator[tuple[Hub, Board]]:
    """A hub with a token, and the dashboard on it."""
    with (
        temporary_database(server, template) as database,
        running(database, api_token=TOKENS) as hub,
        open_board(lambda: Place(hub.url, TOKENS), find(), api_token=TOKENS) as board,
    ):
        yield hub, board


def test_without_its_key_a_browser_is_told_how_to_get_it(guarded: tuple[Hub, Board], watched: Watched) -> None:
    _, board = guarded
    answer = watched.page.goto(board.url + "/workstreams")
    assert answer
    assert answer.status == 401
    assert "custodian dashboard --link" in watched.page.inner_text("body")
    assert watched.page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui")
    watched.shoot("dashboard-asks-for-its-key")


def test_by_its_link_every_page_runs_under_its_policy_and_asks_nobody_else(
    guarded: tuple[Hub, Board], watched: Watched
) -> None:
    _, board = guarded
    watched.page.goto(f"{board.url}/?key={key_of(TOKENS[0])}")
    assert watched.page.url == board.url + "/"
    for path in PAGES:
        watched.page.goto(board.url + path, wait_until="load")
        watched.page.wait_for_selector("main")
        if path == "/":
            watched.page.wait_for_selector("#liveness:has-text('live')")
    assert [line for line in watched.said if line.startswith(("error", "warning"))] == []
    assert {address.split("/")[2] for address in watched.asked} == {f"127.0.0.1:{board.port}"}


def test_a_page_writes_by_the_tokens_name_and_no_script_can_read_key_or_token(
    guarded: tuple[Hub, Board], watched: Watched
) -> None:
    _, board = guarded
    watched.page.goto(f"{board.url}/?key={key_of(TOKENS[0])}")
    written = watched.page.evaluate(POST, "from a page")
    assert (written["author"], written["summary"]) == ("ada", "from a page")
    seen = watched.page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    assert key_of(TOKENS[0]) not in seen
    assert json.loads(seen)[0] == ""


def test_a_script_that_is_not_of_the_build_does_not_run(guarded: tuple[Hub, Board], watched: Watched) -> None:
    _, board = guarded
    watched.page.goto(f"{board.url}/?key={key_of(TOKENS[0])}")
    watched.page.evaluate(
        "const added = document.createElement('div'); added.innerHTML = '<img src=x onerror=\"window.ran = 1\">';"
        "document.body.append(added); const script = document.createElement('script'); script.text = 'window.ran = 2';"
        "document.body.append(script);"
    )
    watched.page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/x'))"
    )
    assert watched.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in line for line in watched.said)
