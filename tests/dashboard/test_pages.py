"""The pages: which file a path is, what a browser may keep, and which scripts it may run."""

import base64
import hashlib
from pathlib import Path

import pytest

from statehub.dashboard import folders
from tests.dashboard.board import FILES, INDEX, INLINE, Board, open_board, write_pages
from tests.running import problem

NOWHERE = "http://127.0.0.1:9"


def policy(board: Board, path: str = "/", **headers: str) -> dict[str, list[str]]:
    """The content security policy of a page, by directive."""
    text = board.get(path, **headers).headers["Content-Security-Policy"]
    return {words[0]: words[1:] for part in text.split(";") if (words := part.split())}


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/?repo=x", "index.html"),
        ("/workstreams", "workstreams.html"),
        ("/workstreams?status=active", "workstreams.html"),
        ("/workstreams.html", "workstreams.html"),
        ("/_file/data/core.fedcba98.json", "_file/data/core.fedcba98.json"),
    ],
)
def test_a_path_is_its_file_with_or_without_html(board: Board, path: str, file: str) -> None:
    answer = board.get(path)
    assert (answer.status, answer.body.decode()) == (200, FILES[file])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head = board.ask("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(answer.body)))


def test_a_page_with_a_slash_after_it_leads_to_the_one_without_whose_links_are_relative(board: Board) -> None:
    answer = board.get("/workstreams/")
    assert (answer.status, answer.headers["Location"]) == (308, "../workstreams")


@pytest.mark.parametrize("path", ["/nothing", "/a/b/c", "/404.html", "/404", "/api", "/docs", "/%00", "/" + "x" * 300])
def test_what_is_not_there_is_a_plain_page_that_needs_no_other_file(board: Board, path: str) -> None:
    answer = board.get(path)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"no such page" in answer.body
    assert b"not ours" not in answer.body
    assert policy(board, path)["default-src"] == ["'none'"]


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/_file/%2e%2e/%2e%2e/secret", "//etc/passwd", "/link"]
)
def test_nothing_outside_of_the_pages_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = write_pages(tmp_path / "pages")
    (folder / "link").symlink_to(tmp_path / "secret")
    with open_board(NOWHERE, folder) as board:
        answer = board.get(path)
    assert answer.status == 404
    assert answer.body != b"secret"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_are_only_read(board: Board, method: str) -> None:
    assert board.ask(method, "/", {}).status == 405


def test_a_name_with_its_contents_hash_is_kept_for_ever_and_everything_else_is_asked_for_again(board: Board) -> None:
    for name in FILES:
        if name != "404.html":
            told = board.get("/" + name).headers["Cache-Control"]
            assert told == ("public, max-age=31536000, immutable" if name.startswith("_") else "no-cache"), name


@pytest.mark.parametrize("path", ["/", "/workstreams", "/_observablehq/client.0123abcd.js", "/robots.txt"])
def test_what_a_browser_has_already_is_not_sent_again_and_keeps_its_policy(board: Board, path: str) -> None:
    first = board.get(path)
    again = board.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_only_the_scripts_that_the_page_was_built_with_run(board: Board) -> None:
    digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
    found = policy(board)
    assert found["script-src"] == ["'self'", f"'sha256-{digest}'"]
    assert found["default-src"] == found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    assert found["connect-src"] == found["font-src"] == found["form-action"] == ["'self'"]
    assert (found["style-src"], found["img-src"]) == (["'self'", "'unsafe-inline'"], ["'self'", "data:"])
    assert policy(board, "/workstreams")["script-src"] == ["'self'"]


def test_pages_that_are_replaced_while_it_runs_come_with_their_own_policy(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "pages")
    with open_board(NOWHERE, folder) as board:
        before, etag = policy(board), board.get("/").headers["ETag"]
        other = write_pages(tmp_path / "other", {**FILES, "index.html": INDEX.replace("a <", "b <")})
        folder.rename(tmp_path / "former")
        other.rename(folder)
        answer = board.get("/", If_None_Match=etag)
        assert (answer.status, b"b < b" in answer.body) == (200, True)
        assert policy(board)["script-src"] != before["script-src"]


def test_a_page_of_another_site_gets_no_page_and_no_answer(board: Board) -> None:
    for path in ("/", "/_file/data/core.fedcba98.json", "/api/state/summary", "/health"):
        problem(board.get(path, Host="evil.example"), 421)
        problem(board.get(path, Origin="http://evil.example"), 403)
        problem(board.get(path, Origin="http://127.0.0.1:1"), 403)
        problem(board.get(path, Sec_Fetch_Site="cross-site"), 403)
        assert board.get(path, Origin=board.url, Sec_Fetch_Site="same-origin").status == 200
        assert [name for name in board.get(path).headers if name.lower().startswith("access-control")] == []


def test_the_pages_of_a_package_go_before_those_of_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package, checkout = tmp_path / "package", tmp_path / "checkout"
    monkeypatch.setattr(folders, "FOLDERS", (package, checkout))
    checkout.mkdir()
    assert folders.find() is None, "a folder without pages is none"
    write_pages(checkout)
    assert folders.find() == checkout
    write_pages(package)
    assert folders.find() == package
