"""What every answer tells a browser, whatever it answers."""

import asyncio
from contextlib import closing
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from statehub.guard import Guard
from statehub.headers import PLAIN
from tests.running import JSON, SUMMARY, Answer, Hub
from tests.wire import request


def check(answer: Answer) -> None:
    """Each of them, once."""
    for name, value in PLAIN:
        assert answer.headers.get_all(name.decode()) == [value.decode()], (answer.status, name)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        (f"GET {SUMMARY}", [], 200),
        (f"GET {SUMMARY}/", [], 200),
        (f"HEAD {SUMMARY}", [], 200),
        (f"GET {SUMMARY}?refresh=true", [], 200),
        (f"GET {SUMMARY}", ["Accept-Encoding: gzip"], 200),
        (f"GET {SUMMARY}", ["If-None-Match: *"], 304),
        (f"GET {SUMMARY}?nonsense=1", [], 400),
        (f"GET {SUMMARY}", ["X-StateHub-Min-Revision: nonsense"], 400),
        (f"POST {SUMMARY}", [f"Content-Type: {JSON}"], 405),
        ("GET /state/health", [], 200),
        ("GET /state/ready", [], 200),
        ("GET /metrics", [], 200),
        ("GET /topics", [], 200),
        ("GET /topics/nothing", [], 404),
        ("GET /nowhere", [], 404),
        ("PUT /progress", [f"Content-Type: {JSON}"], 405),
        ("POST /progress", [f"Content-Type: {JSON}"], 400),
        ("POST /progress", ["Content-Type: text/plain"], 415),
        ("GET /topics", ["Origin: null"], 403),
        ("GET /topics", ["Host: again"], 421),
        ("OPTIONS /topics", [], 405),
    ],
)
def test_every_answer_has_each_plain_header_once(shared_hub: Hub, line: str, headers: list[str], status: int) -> None:
    method, path = line.split()
    with closing(shared_hub.dial()) as connection:
        connection.sendall(request(method, path, *headers))
        head = b""
        while b"\r\n\r\n" not in head and (some := connection.recv(2**16)):
            head += some
    lines = head.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert lines[0].split()[1] == str(status).encode()
    for name, value in PLAIN:
        assert [line for line in lines if line.startswith(name + b":")] == [name + b": " + value]


def test_a_write_has_them(shared_hub: Hub) -> None:
    answer = shared_hub.post("/progress", {"summary": "with headers"})
    assert answer.status == 201
    check(answer)


def test_too_large_a_body_is_told_so_with_them(shared_hub: Hub) -> None:
    answer = shared_hub.ask("POST", "/progress", body=b"[" * (2**20 + 1))
    assert answer.status == 413
    check(answer)


def test_an_event_stream_has_them(shared_hub: Hub) -> None:
    with closing(shared_hub.dial()) as connection:
        connection.sendall(request("GET", "/state/events"))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(2**16)
    lines = head.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
    for name, value in PLAIN:
        assert lines.count(name + b": " + value) == 1


def through_guard(*headers: tuple[bytes, bytes], kind: str = "http") -> list[Message]:
    """What the guard sends for an application that answers with these headers."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    scope: dict[str, Any] = {"type": kind, "method": "GET", "path": "/docs", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(app)(scope, receive, send))
    return sent


def test_a_page_that_has_a_policy_of_its_own_keeps_it() -> None:
    own = (b"content-security-policy", b"default-src 'self'")
    (start,) = through_guard(own)
    assert [pair for pair in start["headers"] if pair[0] == own[0]] == [own]
    assert {name for name, _ in PLAIN} <= {name for name, _ in start["headers"]}


def test_a_web_socket_is_not_passed_on() -> None:
    assert through_guard(kind="websocket") == [{"type": "websocket.close", "code": 1008}]
