"""Where a token is configured: no page without a key, and no browser ever holds the token."""

import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from statehub import access
from statehub.access import AccessToken, parse
from statehub.dashboard.hub import Place
from statehub.dashboard.keys import key_of
from tests.conftest import Database, temporary_database
from tests.dashboard.board import FILES, Board, open_board
from tests.running import JSON, SUMMARY, Answer, Hub, eventually, problem, running
from tests.wire import request

TOKENS = (parse("server:secret-of-server"), parse("ann:secret-of-ann"))
SERVER, ANN = TOKENS
ASKED = [
    "/",
    "/workstreams",
    "/nothing",
    "/_observablehq/client.0123abcd.js",
    "/_file/data/core.fedcba98.json",
    "/docs",
]


@pytest.fixture(scope="module")
def guarded(server: str, template: str) -> Iterator[Hub]:
    """A hub that asks for a token."""
    with temporary_database(server, template) as database, running(database, api_token=TOKENS) as hub:
        yield hub


@pytest.fixture(scope="module")
def board(guarded: Hub, folder: Path) -> Iterator[Board]:
    """A dashboard that has the same tokens."""
    with open_board(lambda: Place(guarded.url, TOKENS), folder, api_token=TOKENS) as board:
        yield board


def cookie(board: Board, token: AccessToken = SERVER) -> str:
    return f"statehub-{board.port}={key_of(token)}"


def closed(answer: Answer) -> None:
    """It tells how to get in, and nothing else."""
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"custodian dashboard --link" in answer.body
    assert "Set-Cookie" not in answer.headers
    for told in (answer.body.decode(), str(answer.headers)):
        for token in TOKENS:
            assert token.secret not in told
            assert key_of(token) not in told


@pytest.mark.parametrize("path", ASKED)
def test_without_a_key_no_page_is_shown_and_the_answer_says_how_to_get_one(board: Board, path: str) -> None:
    closed(board.get(path))
    assert board.get(path).headers["Content-Type"].startswith("text/html")
    assert board.get(path).headers["Cache-Control"] == "no-store"
    assert FILES["workstreams.html"].encode() not in board.get(path).body


@pytest.mark.parametrize("path", ["/api/state/summary", "/api/state/health", "/api/docs", "/api/state/events", "/api/"])
def test_without_a_key_nothing_of_the_api_is_answered(board: Board, path: str) -> None:
    answer = board.get(path)
    closed(answer)
    problem(answer, 401)


def test_without_a_key_nothing_is_written(board: Board, guarded: Hub) -> None:
    before = guarded.database.value("select tables from revisions()")
    for headers in ({}, {"Authorization": "Bearer no"}, {"Cookie": f"statehub-{board.port}=no"}):
        closed(board.post("/api/progress", {"summary": "x"}, **headers))
    assert guarded.database.value("select tables from revisions()") == before


def test_a_probe_needs_no_key(board: Board) -> None:
    assert board.get("/health").json == {"status": "ok"}


def test_a_link_with_the_key_leads_to_the_page_and_the_browser_keeps_it(board: Board) -> None:
    answer = board.get(f"/workstreams?status=active&key={key_of(SERVER)}&q=a%20%26b")
    assert (answer.status, answer.headers["Location"]) == (303, "/workstreams?status=active&q=a+%26b")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    kept, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert kept == cookie(board)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    page = board.get("/workstreams", Cookie=f'other=1; {kept}; more="2')
    assert (page.status, page.body.decode()) == (200, FILES["workstreams.html"])
    assert board.get("/api" + SUMMARY, Cookie=kept).status == 200


def test_the_cookie_is_named_for_the_port_that_the_browser_sees(board: Board) -> None:
    answer = board.get(f"/?key={key_of(SERVER)}", Host="localhost:13000")
    assert answer.headers["Set-Cookie"].startswith("statehub-13000=")
    bridged = f"statehub-13000={key_of(SERVER)}"
    assert board.get("/", Host="localhost:13000", Cookie=bridged).status == 200
    closed(board.get("/", Cookie=bridged))


@pytest.mark.parametrize(
    "key", ["", "no", "é", SERVER.word, SERVER.secret, key_of(parse("server:other")), key_of(parse("secret-of-server"))]
)
def test_a_wrong_key_opens_nothing_neither_in_a_link_nor_in_a_cookie(board: Board, key: str) -> None:
    from urllib.parse import quote

    closed(board.get(f"/?key={quote(key)}"))
    said = board.say(request("GET", "/", f"Cookie: statehub-{board.port}={quote(key)}"))
    closed(said)
    closed(board.get("/", Authorization=f"Bearer {key}") if key not in (SERVER.word, "é") else said)


def test_a_link_of_before_does_no_harm_to_who_is_in_already(board: Board) -> None:
    answer = board.get("/?key=old", Cookie=cookie(board))
    assert (answer.status, answer.headers["Location"], answer.headers["Set-Cookie"]) == (303, "/", None)


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "//\\evil.example", "/%2fevil.example"])
def test_a_link_leads_nowhere_else(board: Board, path: str) -> None:
    answer = board.say(request("GET", f"{path}?key={key_of(SERVER)}", host=f"localhost:{board.port}"))
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/")
    assert answer.headers["Location"][1:2] not in ("/", "\\")


def test_the_key_opens_no_api_and_a_token_opens_the_dashboard_too(board: Board, guarded: Hub) -> None:
    for word in (key_of(SERVER), key_of(ANN)):
        problem(guarded.get(SUMMARY, Authorization=f"Bearer {word}"), 401)
        problem(guarded.get(SUMMARY, Cookie=cookie(board)), 401)
        closed(board.get("/", Authorization=f"Bearer {word}"))
    assert board.get("/", Authorization=f"Bearer {ANN.word}").status == 200
    assert board.get("/api" + SUMMARY, Authorization=f"bearer  {ANN.word}").status == 200


def test_two_authorizations_are_none(board: Board) -> None:
    lines = [f"Authorization: Bearer {ANN.word}", "Authorization: Bearer no"]
    for headers in (lines, lines[::-1]):
        closed(board.say(request("GET", "/", *headers, f"Cookie: {cookie(board)}")))


def test_what_is_written_bears_the_name_of_the_token_whose_key_it_was(board: Board) -> None:
    for token, how in ((SERVER, {"Cookie": cookie(board)}), (ANN, {"Cookie": cookie(board, ANN)})):
        assert board.post("/api/progress", {"summary": "x"}, **how).json["author"] == token.name
    assert board.post("/api/progress", {"summary": "x"}, Authorization=f"Bearer {ANN.word}").json["author"] == "ann"


def test_no_answer_has_the_token_in_it(board: Board) -> None:
    for path in (*ASKED, "/?key=" + key_of(SERVER), "/api" + SUMMARY, "/api/nowhere", "/api/topics"):
        answer = board.get(path, Cookie=cookie(board))
        for token in TOKENS:
            assert token.secret.encode() not in answer.body
            assert token.secret not in str(answer.headers)


def test_a_page_of_another_port_does_nothing_with_the_cookie(board: Board, guarded: Hub) -> None:
    before = guarded.database.value("select tables from revisions()")
    kept = {"Cookie": cookie(board), "Content_Type": JSON}
    problem(board.post("/api/progress", {"summary": "x"}, Sec_Fetch_Site="same-site", **kept), 403)
    problem(board.post("/api/progress", {"summary": "x"}, Origin="http://127.0.0.1:1", **kept), 403)
    problem(board.post("/api/progress", {"summary": "x"}, **(kept | {"Content_Type": "text/plain"})), 415)
    assert guarded.database.value("select tables from revisions()") == before


def test_a_hub_that_does_not_take_the_dashboards_token_is_not_a_matter_of_the_browser(
    guarded: Hub, folder: Path
) -> None:
    with open_board(lambda: Place(guarded.url, (parse("old"),)), folder) as board:
        away = board.get("/api" + SUMMARY)
        assert "access token" in problem(away, 502)["detail"]
        assert board.get("/api" + SUMMARY, Authorization=f"Bearer {ANN.word}").status == 401
    with open_board(guarded.url, folder) as board:
        problem(board.get("/api" + SUMMARY), 502)
        assert board.get("/api" + SUMMARY, Authorization=f"Bearer {ANN.word}").status == 200, "it is their own"


def test_a_rotated_token_shuts_its_key_out_and_a_removed_one_opens_the_port(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    made = access.create(tmp_path, "ada")
    with running(database, data_dir=tmp_path) as hub, open_board(
        lambda: Place(hub.url, tuple(access.read(tmp_path) if access.path_of(tmp_path).exists() else ())),
        folder, data_dir=tmp_path,
    ) as board:  # fmt: skip
        assert board.get("/api" + SUMMARY, Cookie=cookie(board, made)).status == 200
        again = access.rotate(tmp_path, "ada")
        eventually(lambda: board.get("/", Cookie=cookie(board, made)).status == 401, "the old key is refused")
        assert board.get("/", Cookie=cookie(board, again)).status == 200
        eventually(lambda: board.get("/api" + SUMMARY, Cookie=cookie(board, again)).status == 200, "the hub follows")
        access.path_of(tmp_path).chmod(0o644)
        eventually(lambda: board.get("/", Cookie=cookie(board, again)).status == 401, "a spoilt file lets nobody in")
        access.path_of(tmp_path).unlink()
        eventually(lambda: board.get("/").status == 200, "no token, no key")
        stale = board.get("/?key=" + key_of(made))
        assert (stale.status, stale.headers["Location"], stale.headers["Set-Cookie"]) == (303, "/", None)


def test_a_key_is_an_hmac_of_the_token_and_says_nothing_of_it() -> None:
    digest = hmac.new(b"server:secret-of-server", b"statehub dashboard key 1", "sha256").hexdigest()
    assert key_of(SERVER) == digest
    assert len({key_of(token) for token in (SERVER, ANN, parse("secret-of-server"))}) == 3


def test_beyond_loopback_nobody_is_let_in_without_a_token(guarded: Hub, folder: Path) -> None:
    with open_board(guarded.url, folder, host="0.0.0.0") as board:  # noqa: S104  (only said: it listens on loopback)
        closed(board.get("/"))
        closed(board.get("/?key=" + key_of(SERVER)))
