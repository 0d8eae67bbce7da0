"""Who may talk to the hub: said by hand, byte by byte, where a client library would refuse to."""

import json
import select
import socket
import time
from contextlib import closing
from typing import Any

import pytest

from tests.running import JSON, SUMMARY, Answer, Hub, eventually, heard, problem, running
from tests.wire import request

EVENT = b'{"summary": "a write"}'


def events(hub: Hub) -> int:
    return int(hub.database.value("select count(*) from progress_events"))


def post(hub: Hub, *headers: str, **more: Any) -> Answer:
    """A write that is in order but for these headers."""
    return hub.say(request("POST", "/progress", f"Content-Type: {JSON}", *headers, body=EVENT, **more))


# --- Host


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost", "127.0.0.1", "[::1]", "localhost:8000", "127.0.0.1:1", "[::1]:65535", "localhost:9"],
)
def test_the_hub_answers_to_its_loopback_names_on_any_port(shared_hub: Hub, host: str) -> None:
    assert shared_hub.say(request("GET", SUMMARY, host=host)).status == 200
    assert post(shared_hub, host=host).status == 201


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2",
        "evil.example#localhost", "localhost:8000:8000", "localhost:", "localhost:http", "::1", "[::1", "[::1]x",
        "localhost@evil.example", "user@localhost", "localhost/", "localhost, localhost", "[::2]:8000", "",
    ],
)  # fmt: skip
def test_the_hub_answers_to_no_other_name(shared_hub: Hub, host: str) -> None:
    before = events(shared_hub)
    for answer in (shared_hub.say(request("GET", SUMMARY, host=host)), post(shared_hub, host=host)):
        problem(answer, 421)
    assert events(shared_hub) == before


@pytest.mark.parametrize("second", ["localhost", "evil.example"])
@pytest.mark.parametrize("first", ["localhost", "evil.example"])
def test_two_hosts_are_one_too_many(shared_hub: Hub, first: str, second: str) -> None:
    before = events(shared_hub)
    answer = post(shared_hub, f"Host: {second}", host=first)
    assert answer.status in (400, 421)
    assert events(shared_hub) == before


def test_other_names_can_be_allowed(database: Any) -> None:
    with running(database, allowed_hosts=("Hub.Example",)) as hub:
        for host in ("hub.example", "HUB.example:8000", "localhost"):
            assert hub.say(request("GET", "/topics", host=host)).status == 200
        problem(hub.say(request("GET", "/topics", host="other.example")), 421)
        assert post(hub, "Origin: http://hub.example:3000", host="hub.example:3000").status == 201


# --- Origin and Sec-Fetch-Site


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:3000", "[::1]:1", "localhost", "LocalHost:8000"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_page_of_the_hubs_own_may_write(shared_hub: Hub, scheme: str, host: str) -> None:
    assert post(shared_hub, f"Origin: {scheme}://{host.lower()}", host=host).status == 201


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:8000", "http://127.0.0.1", "http://evil.example",
        "https://localhost.evil.example:8000", "null", "", "localhost:8000", "file://", "file://localhost",
        "http://", "http://localhost:8000/path", "http://localhost@evil.example", "chrome-extension://localhost",
        "http://localhost http://evil.example",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_may_not_even_read(shared_hub: Hub, origin: str) -> None:
    before = events(shared_hub)
    problem(post(shared_hub, f"Origin: {origin}"), 403)
    problem(shared_hub.say(request("GET", SUMMARY, f"Origin: {origin}")), 403)
    assert events(shared_hub) == before


@pytest.mark.parametrize("second", ["http://localhost:8000", "http://evil.example", "null"])
def test_two_origins_are_one_too_many(shared_hub: Hub, second: str) -> None:
    before = events(shared_hub)
    problem(post(shared_hub, "Origin: http://localhost:8000", f"Origin: {second}"), 403)
    assert events(shared_hub) == before


def test_a_fetch_from_another_site_is_refused(shared_hub: Hub) -> None:
    before = events(shared_hub)
    problem(post(shared_hub, "Sec-Fetch-Site: cross-site"), 403)
    problem(shared_hub.say(request("GET", SUMMARY, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")), 403)
    assert events(shared_hub) == before
    for site in ("same-origin", "same-site", "none"):
        assert shared_hub.say(request("GET", SUMMARY, f"Sec-Fetch-Site: {site}")).status == 200


# --- what a body may be


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "content_type",
    [
        None, "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "multipart/form-data",
        "application/jsonp", "application/json-patch+json", "", "*/*",
    ],
)  # fmt: skip
def test_a_body_that_is_not_json_is_refused(shared_hub: Hub, method: str, content_type: str | None) -> None:
    before = events(shared_hub)
    headers = [] if content_type is None else [f"Content-Type: {content_type}"]
    path = "/progress" if method == "POST" else "/topics/platform"
    problem(shared_hub.say(request(method, path, *headers, body=EVENT)), 415)
    assert events(shared_hub) == before


@pytest.mark.parametrize("header", ["Content-Type: text/plain", "Content-Encoding: gzip", "X-Nothing: none"])
def test_where_nothing_takes_the_method_or_the_path_the_body_does_not_matter(shared_hub: Hub, header: str) -> None:
    before = events(shared_hub)
    for path in ("/state/summary", "/state/summary/", "/topics/platform", "/topics/platform/"):
        answer = shared_hub.say(request("POST", path, header, body=EVENT))
        assert problem(answer, 405)["detail"]
        assert answer.headers["Connection"] == "close"  # a body that nobody read
    problem(shared_hub.say(request("PATCH", "/nowhere", header, body=EVENT)), 404)
    assert events(shared_hub) == before


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json ; charset=utf-8"])
def test_json_is_json_however_it_is_written(shared_hub: Hub, content_type: str) -> None:
    answer = shared_hub.say(request("POST", "/progress", f"Content-Type: {content_type}", body=EVENT))
    assert answer.status == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "x"])
def test_a_compressed_body_is_refused(shared_hub: Hub, encoding: str) -> None:
    before = events(shared_hub)
    problem(post(shared_hub, f"Content-Encoding: {encoding}"), 415)
    assert events(shared_hub) == before
    assert post(shared_hub, "Content-Encoding: identity").status == 201


def test_a_write_without_a_body_says_what_is_missing(shared_hub: Hub) -> None:
    problem(shared_hub.say(request("POST", "/progress", body=b"")), 415)
    problem(shared_hub.say(request("POST", "/progress", f"Content-Type: {JSON}", body=b"")), 400)


def test_a_delete_needs_no_body(shared_hub: Hub) -> None:
    shared_hub.created("/topics", slug="to-be-ended", title="Topic", domain="infotech")
    assert shared_hub.say(request("DELETE", "/topics/to-be-ended")).status == 200


# --- how large


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def ended(connection: socket.socket, within_s: float = 2.0) -> bool:
    """Whether the hub ends this connection, when nothing more is said on it."""
    connection.settimeout(within_s)
    try:
        while connection.recv(2**16):
            pass
    except TimeoutError:
        return False
    except OSError:  # reset: there was unread data
        return True
    return True


LIMIT = 2**20


def test_a_body_of_the_limit_is_read_and_one_more_byte_is_not(shared_hub: Hub) -> None:
    filler = json.dumps({"summary": "x", "detail": {"a": ""}})
    for size, status in ((LIMIT, 201), (LIMIT + 1, 413)):
        body = filler.replace('"a": ""', f'"a": "{"x" * (size - len(filler))}"').encode()
        assert len(body) == size
        with closing(shared_hub.dial()) as connection:
            connection.sendall(request("POST", "/progress", f"Content-Type: {JSON}", body=body))
            answer = heard(connection)
            assert answer.status == status
            if status == 413:
                problem(answer, 413)
                assert str(LIMIT) in answer.json["detail"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_body_without_an_end_is_refused_at_the_limit_and_the_connection_ends(shared_hub: Hub, method: str) -> None:
    before = events(shared_hub)
    path = "/progress" if method == "POST" else "/topics/platform"
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with closing(shared_hub.dial()) as connection:
        connection.sendall(head.encode())
        sent = 0
        while not select.select([connection], [], [], 0)[0]:
            assert sent < 64 * LIMIT, "it reads on and on"
            try:
                connection.sendall(chunk(b'{"summary": "' + b"x" * 2**16))
            except ConnectionError:
                break  # it has said what it had to say
            sent += 2**16
        problem(heard(connection), 413, path=path)
        assert ended(connection)
    assert events(shared_hub) == before


def test_a_length_over_the_limit_is_refused_as_it_streams(shared_hub: Hub) -> None:
    head = (
        f"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 1000000000000\r\n\r\n"
    )
    before = events(shared_hub)
    with closing(shared_hub.dial()) as connection:
        connection.sendall(head.encode() + b"[" * (LIMIT + 1))
        problem(heard(connection), 413)
        assert ended(connection)
    assert events(shared_hub) == before


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("POST /progress", "Content-Type: text/plain", 415),
        ("POST /progress", f"Origin: null\r\nContent-Type: {JSON}", 403),
        ("POST /progress", f"Host: again\r\nContent-Type: {JSON}", 421),
        ("POST /nothing/of/the/kind", f"Content-Type: {JSON}", 404),
        ("PUT /progress", f"Content-Type: {JSON}", 405),
    ],
)
def test_a_refused_caller_cannot_go_on_sending(shared_hub: Hub, line: str, headers: str, status: int) -> None:
    with closing(shared_hub.dial()) as connection:
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + chunk(EVENT))
        problem(heard(connection), status)
        assert ended(connection)


def test_who_is_refused_after_a_whole_body_may_go_on_on_the_same_connection(shared_hub: Hub) -> None:
    with closing(shared_hub.dial()) as connection:
        for _ in range(3):
            head = f"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 2\r\n\r\n"
            connection.sendall(head.encode() + b"{}")
            problem(heard(connection), 422)
            connection.sendall(b"DELETE /topics/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
            problem(heard(connection), 404)


def test_a_body_may_come_in_pieces(shared_hub: Hub) -> None:
    head = f"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with closing(shared_hub.dial()) as connection:
        connection.sendall(head.encode())
        for at in range(0, len(EVENT), 3):
            connection.sendall(chunk(EVENT[at : at + 3]))
        connection.sendall(b"0\r\n\r\n")
        assert heard(connection).status == 201


def test_a_caller_that_leaves_in_the_middle_of_its_body_writes_nothing(shared_hub: Hub) -> None:
    before = events(shared_hub)
    head = f"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 1000\r\n\r\n"
    with closing(shared_hub.dial()) as connection:
        connection.sendall(head.encode() + EVENT)
    assert shared_hub.get("/state/health").status == 200
    assert events(shared_hub) == before


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /state/summary HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_harms_nobody(shared_hub: Hub, noise: bytes) -> None:
    before = events(shared_hub)
    with closing(shared_hub.dial()) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        assert ended(connection)
    assert shared_hub.get("/state/health").status == 200
    assert events(shared_hub) == before


def test_nobody_is_kept_waiting_by_those_who_say_nothing(shared_hub: Hub) -> None:
    silent = [shared_hub.dial() for _ in range(50)]
    try:
        for connection in silent:
            connection.sendall(b"POST /progress HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n")
        started = time.monotonic()
        eventually(lambda: shared_hub.get(SUMMARY).status == 200)
        assert time.monotonic() - started < 2
    finally:
        for connection in silent:
            connection.close()
