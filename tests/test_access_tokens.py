"""A hub with access tokens, over HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from statehub import access, calls
from statehub.access import parse
from statehub.client import Client
from statehub.errors import Unauthorized
from statehub.guard import Guard
from statehub.keyring import Keyring
from tests.conftest import Database, temporary_database
from tests.running import JSON, SUMMARY, Answer, Hub, eventually, problem, running
from tests.wire import request

ADA, PLAIN_WORD = "ada:the-secret-of-ada", "a-secret-without-a-name"
OPEN = ["/state/health", "/state/health/", "/docs", "/docs/", "/docs/page.js", "/openapi.json"]
CLOSED = [
    SUMMARY, SUMMARY + "/", "/state/ready", "/state/events", "/state/wait", "/state/changes", "/metrics", "/topics",
    "/domains", "/nowhere", "/", "//docs", "/docsx", "/state/health/x", "/openapi.json/x", "/Docs", "/state//health",
    "/topics/../docs", "/state/summary/docs/", "/topics?/docs/",
]  # fmt: skip


@pytest.fixture(scope="module")
def closed_hub(server: str, template: str) -> Iterator[Hub]:
    with (
        temporary_database(server, template) as database,
        running(database, api_token=(parse(ADA), parse(PLAIN_WORD))) as hub,
    ):
        yield hub


def check_refused(answer: Answer) -> None:
    """401, with how to get a token, and nothing else."""
    found = problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="statehub"'
    assert "custodian token" in found["detail"]
    for secret in (ADA, PLAIN_WORD, "the-secret", "data_dir", "/home"):
        assert secret not in answer.body.decode()


def events(hub: Hub) -> int:
    return int(hub.database.value("select count(*) from progress_events"))


@pytest.mark.parametrize("word", [ADA, PLAIN_WORD])
def test_each_token_opens_everything(closed_hub: Hub, word: str) -> None:
    before = events(closed_hub)
    assert closed_hub.get(SUMMARY, Authorization=f"Bearer {word}").status == 200
    assert closed_hub.get("/topics", Authorization=f"bearer {word}").status == 200
    assert closed_hub.post("/progress", {"summary": "let in"}, Authorization=f"Bearer {word}").status == 201
    assert events(closed_hub) == before + 1


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_token_nothing_answers(closed_hub: Hub, path: str) -> None:
    check_refused(closed_hub.say(request("GET", path)))
    check_refused(closed_hub.say(request("GET", path, "Authorization: Bearer wrong")))


@pytest.mark.parametrize("path", OPEN)
def test_what_a_probe_and_a_newcomer_ask_needs_no_token(closed_hub: Hub, path: str) -> None:
    for headers in ([], ["Authorization: Bearer wrong"], ["Authorization: Basic x"]):
        assert closed_hub.say(request("GET", path, *headers)).status in (200, 404)


@pytest.mark.parametrize(
    "headers",
    [
        [], ["Authorization:"], ["Authorization: Bearer"], ["Authorization: Bearer wrong"],
        [f"Authorization: Basic {PLAIN_WORD}"], [f"Authorization: Digest {PLAIN_WORD}"],
        [f"Authorization: {PLAIN_WORD}"],
        [f"Authorization: Token {PLAIN_WORD}"],
        [f"Authorization: Bearer {PLAIN_WORD}", f"Authorization: Bearer {PLAIN_WORD}"],
        [f"Authorization: Bearer {PLAIN_WORD}", "Authorization: Bearer wrong"],
        ["Authorization: Bearer wrong", f"Authorization: Bearer {PLAIN_WORD}"],
        [f"Authorization: Bearer {PLAIN_WORD}"] * 3,
        [f"Authorization: Bearer {PLAIN_WORD}, Bearer {PLAIN_WORD}"], [f"Authorization: Bearer {PLAIN_WORD[:-1]}"],
        [f"Authorization: Bearer {ADA.partition(':')[2]}"], ["Authorization: Bearer ada"],
        [f"Cookie: token={PLAIN_WORD}"], [f"X-API-Key: {PLAIN_WORD}"], [f"Proxy-Authorization: Bearer {PLAIN_WORD}"],
    ],
)  # fmt: skip
def test_without_a_right_token_nothing_is_written(closed_hub: Hub, headers: list[str]) -> None:
    before = events(closed_hub)
    body = b'{"summary": "a write"}'
    check_refused(closed_hub.say(request("POST", "/progress", f"Content-Type: {JSON}", *headers, body=body)))
    check_refused(closed_hub.say(request("GET", SUMMARY, *headers)))
    check_refused(closed_hub.say(request("GET", f"{SUMMARY}?token={PLAIN_WORD}", *headers)))
    assert events(closed_hub) == before


def test_a_right_token_excuses_nothing_else(closed_hub: Hub) -> None:
    right = f"Authorization: Bearer {PLAIN_WORD}"
    problem(closed_hub.say(request("GET", SUMMARY, right, host="evil.example")), 421)
    problem(closed_hub.say(request("GET", SUMMARY, right, "Origin: https://evil.example")), 403)
    problem(closed_hub.say(request("GET", SUMMARY, right, "Sec-Fetch-Site: cross-site")), 403)
    problem(closed_hub.say(request("POST", "/progress", right, "Content-Type: text/plain", body=b"{}")), 415)


def test_who_has_no_token_learns_nothing_by_the_other_checks(closed_hub: Hub) -> None:
    check_refused(closed_hub.say(request("POST", "/progress", "Content-Type: text/plain", body=b"{}")))
    check_refused(closed_hub.say(request("PUT", "/progress", f"Content-Type: {JSON}", body=b"{}")))


def test_a_refused_callers_body_is_not_read(closed_hub: Hub) -> None:
    head = f"POST /import HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 1000000000\r\n\r\n"
    with closing(closed_hub.dial()) as connection:
        connection.sendall(head.encode())
        received = b""
        while some := connection.recv(2**16):
            received += some
    assert received.startswith(b"HTTP/1.1 401 ")


def test_the_client_sends_its_token(closed_hub: Hub) -> None:
    with Client(closed_hub.url, token=ADA) as client:
        assert client.do(calls.get_ready())["status"] == "ready"
        assert next(client.follow_events())
    with Client(closed_hub.url) as client:
        assert client.do(calls.get_health())["status"] == "ok"
        with pytest.raises(Unauthorized, match="custodian token show"):
            client.get_summary()
        with pytest.raises(Unauthorized):
            next(client.follow_events())


def test_who_bears_a_token_with_a_name_writes_under_it_whatever_it_says(closed_hub: Hub) -> None:
    def author(word: str, **headers: str) -> str:
        document = {"summary": "a write", "author": "somebody-else"}
        written = closed_hub.post("/progress", document, Authorization=f"Bearer {word}", **headers)
        assert written.status == 201
        return str(written.json["author"])

    assert author(ADA) == "ada"
    assert author(ADA, X_StateHub_Author="bob") == "ada"
    assert author(PLAIN_WORD, X_StateHub_Author="bob") == "bob"
    assert author(PLAIN_WORD) == "somebody-else"


def test_a_running_hub_follows_its_token_file(database: Database, tmp_path: Path) -> None:
    def status(word: str | None) -> int:
        headers = {"Authorization": f"Bearer {word}"} if word else {}
        return hub.get("/topics", **headers).status

    with running(database, data_dir=tmp_path / "data") as hub:
        assert status(None) == 200
        first = access.create(tmp_path / "data", "ada").word
        eventually(lambda: status(None) == 401, "the token is asked for")
        assert status(first) == 200
        second = access.rotate(tmp_path / "data", "ada").word
        eventually(lambda: status(first) == 401, "the old token is refused")
        assert status(second) == 200
        (tmp_path / "data" / "token").chmod(0o644)
        eventually(lambda: status(second) == 401, "a file that others read opens nothing")
        (tmp_path / "data" / "token").chmod(0o600)
        eventually(lambda: status(second) == 200, "it opens again")
        assert status(None) == 401
        (tmp_path / "data" / "token").unlink()
        eventually(lambda: status(None) == 200, "no token is asked for")


def test_a_hub_that_others_reach_stays_closed_when_its_token_is_taken_away(database: Database, tmp_path: Path) -> None:
    word = access.create(tmp_path, None).word
    with running(database, data_dir=tmp_path, host="0.0.0.0") as hub:  # noqa: S104  (a setting; the test binds loopback)
        assert hub.get("/topics", Authorization=f"Bearer {word}").status == 200
        (tmp_path / "token").unlink()
        eventually(lambda: hub.get("/topics", Authorization=f"Bearer {word}").status == 401)
        check_refused(hub.get("/topics"))


@contextmanager
def echo(keyring: Keyring) -> Iterator[Hub]:
    """A server that answers with the caller's name as the guard found it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        caller: Any = scope.get("state", {}).get("caller")
        await PlainTextResponse(repr(caller))(scope, receive, send)

    config = uvicorn.Config(Guard(app, keyring=keyring), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield Hub(place.getsockname()[1], Database(""), {})
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def test_an_application_is_told_the_name_of_its_caller() -> None:
    with echo(Keyring((parse(ADA), parse(PLAIN_WORD)))) as hub:
        assert hub.get("/", Authorization=f"Bearer {ADA}").body == b"'ada'"
        assert hub.get("/", Authorization=f"Bearer {PLAIN_WORD}").body == b"None"
        assert hub.get("/docs", Authorization="Bearer eve:wrong").body == b"None"
        assert hub.get("/docs").body == b"None"
    with echo(Keyring()) as hub:
        assert hub.get("/", Authorization="Bearer eve:nobody-asked").body == b"None"
