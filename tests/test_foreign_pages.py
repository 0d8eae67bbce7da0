"""What a page of somebody else's gets, in the browser of the hub's user: it reads nothing and writes nothing."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.conftest import temporary_database
from tests.running import JSON, SUMMARY, Answer, Hub, heard, problem, running
from tests.wire import request

HOST = "localhost:8000"
FORM = "application/x-www-form-urlencoded"
READS = [SUMMARY, "/topics", "/tasks?limit=1", "/state/health", "/state/events", "/state/wait", "/metrics", "/nowhere"]
ISSUE = '{"id": "page-1", "title": "T", "status": "open"}'
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/progress", {"summary": "a write"}),
    ("POST", "/topics", {"slug": "of-a-page", "title": "Topic", "domain": "infotech"}),
    ("PATCH", "/topics/platform", {"title": "Changed"}),
    ("DELETE", "/topics/product", {}),
    ("POST", "/import", {"format": "beads", "repo": "of-a-page", "domain": "infotech", "document": ISSUE}),
]
# what a page can have its visitor's browser say; Host is what the attacker's DNS made of it
PAGES: dict[str, tuple[str, list[str]]] = {
    "foreign origin": (HOST, ["Origin: https://evil.example"]),
    "foreign origin of the same port": (HOST, ["Origin: http://evil.example:8000"]),
    "another port of this machine": (HOST, ["Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"]),
    "another name of this machine": (HOST, ["Origin: http://127.0.0.1:8000"]),
    "no origin of its own": (HOST, ["Origin: null"]),
    "empty origin": (HOST, ["Origin:"]),
    "two origins": (HOST, [f"Origin: http://{HOST}", "Origin: https://evil.example"]),
    "two origins, ours last": (HOST, ["Origin: https://evil.example", f"Origin: http://{HOST}"]),
    "cross-site": (HOST, ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]),
    "rebound name": ("evil.example:8000", ["Origin: http://evil.example:8000", "Sec-Fetch-Site: same-origin"]),
    "rebound name that begins like ours": ("localhost.evil.example:8000", []),
    "two hosts": (HOST, ["Host: evil.example"]),
    "two hosts, ours last": ("evil.example", [f"Host: {HOST}"]),
}
REFUSED = (400, 403, 421)


@pytest.fixture(scope="module")
def quiet_hub(server: str, template: str) -> Iterator[Hub]:
    """A hub that nobody writes to."""
    with temporary_database(server, template) as database, running(database) as hub:
        yield hub


def revisions(hub: Hub) -> Any:
    """Of every table: equal means that nothing was written."""
    return hub.database.value("select tables from revisions()")


def said(hub: Hub, method: str, path: str, *headers: str, **more: Any) -> Answer:
    """The answer, which allows no page anything, and carries the plain headers."""
    answer = hub.say(request(method, path, *headers, **more))
    if answer.status != 400:  # which may be uvicorn's own, for what is no HTTP
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []
    return answer


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("method", "path", "document"), WRITES)
def test_a_page_cannot_write_json(quiet_hub: Hub, method: str, path: str, document: Any, page: str) -> None:
    before = revisions(quiet_hub)
    host, headers = PAGES[page]
    body = json.dumps(document).encode()
    assert said(quiet_hub, method, path, f"Content-Type: {JSON}", *headers, host=host, body=body).status in REFUSED
    assert revisions(quiet_hub) == before


@pytest.mark.parametrize("page", [None, *PAGES])
@pytest.mark.parametrize("content_type", [None, "", "text/plain", FORM, "multipart/form-data; boundary=x"])
@pytest.mark.parametrize(("method", "path", "document"), WRITES)
def test_what_needs_no_preflight_writes_nothing(
    quiet_hub: Hub, method: str, path: str, document: Any, content_type: str | None, page: str | None
) -> None:
    before = revisions(quiet_hub)
    host, headers = PAGES[page] if page else (HOST, [])
    if content_type is not None:
        headers = [f"Content-Type: {content_type}", *headers]
    for body in (json.dumps(document).encode(), json.dumps(document).encode() + b"=", b"summary=a+write"):
        assert said(quiet_hub, method, path, *headers, host=host, body=body).status in (*REFUSED, 415)
    assert revisions(quiet_hub) == before


@pytest.mark.parametrize("page", PAGES)
def test_a_delete_without_a_body_is_refused_too(quiet_hub: Hub, page: str) -> None:
    before = revisions(quiet_hub)
    host, headers = PAGES[page]
    assert said(quiet_hub, "DELETE", "/topics/platform", *headers, host=host).status in REFUSED
    assert revisions(quiet_hub) == before


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("path", READS)
def test_a_page_cannot_read(quiet_hub: Hub, path: str, page: str) -> None:
    host, headers = PAGES[page]
    answer = said(quiet_hub, "GET", path, *headers, host=host)
    assert answer.status in REFUSED
    if answer.status != 400:
        problem(answer, answer.status)


def test_a_page_of_another_port_can_embed_nothing_and_a_link_from_it_still_leads_here(quiet_hub: Hub) -> None:
    answer = said(quiet_hub, "GET", SUMMARY, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"  # the browser throws the answer away
    assert said(quiet_hub, "GET", SUMMARY, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate").status == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_page_of_another_port_cannot_write_even_without_an_origin(quiet_hub: Hub, method: str) -> None:
    before = revisions(quiet_hub)
    headers = [f"Content-Type: {JSON}", "Sec-Fetch-Site: same-site"]
    problem(said(quiet_hub, method, "/topics/platform", *headers, body=b'{"title": "Changed"}'), 403)
    assert revisions(quiet_hub) == before


@pytest.mark.parametrize("path", [*READS, "/progress", "/topics/platform", "/import"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"http://{HOST}", None])
def test_a_preflight_is_promised_nothing(quiet_hub: Hub, origin: str | None, path: str) -> None:
    headers = [
        "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type, authorization",
        "Access-Control-Request-Private-Network: true", *([f"Origin: {origin}"] if origin else []),
    ]  # fmt: skip
    answer = said(quiet_hub, "OPTIONS", path, *headers, host=HOST)
    problem(answer, 403 if origin in ("https://evil.example", "null") else 404 if path == "/nowhere" else 405)


def test_a_page_opens_no_web_socket(quiet_hub: Hub) -> None:
    upgrade = ["Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    with closing(quiet_hub.dial()) as connection:
        head = request("GET", "/topics", "Origin: https://evil.example", *upgrade)
        connection.sendall(head.replace(b"Connection: close", b"Connection: Upgrade"))
        problem(heard(connection), 403)


def test_the_same_requests_write_when_they_are_the_hubs_own(hub: Hub) -> None:
    for method, path, document in WRITES:
        before = revisions(hub)
        headers = [f"Content-Type: {JSON}", f"Origin: http://{HOST}", "Sec-Fetch-Site: same-origin"]
        answer = said(hub, method, path, *headers, host=HOST, body=json.dumps(document).encode())
        assert answer.status in (200, 201)
        assert revisions(hub) != before, path
