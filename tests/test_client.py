"""The clients against a real hub: a call for every operation, problems as exceptions; what is resent is done once."""

import asyncio
import base64
import json
import socket
import threading
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager, suppress
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from statehub import calls
from statehub.app import OPERATIONS
from statehub.async_client import AsyncClient
from statehub.client import Client
from statehub.errors import Conflict, Invalid, Malformed, NotFound, PreconditionFailed, StateHubError, Unavailable
from statehub.tokens import Cut, Token
from tests.running import SUMMARY, Hub, eventually, held

Do = Callable[[calls.Call[Any]], Any]
# operations that are no call, and why
EXCUSED = {
    "get_context": "Markdown for a session-start hook",
    "export": "Client.export_lines streams it",
    "get_openapi": "for machines that make clients",
    "get_docs": "a page for people",
    "get_docs_file": "a page for people",
    "get_metrics": "for Prometheus",
    "follow_events": "a method of the clients: it never ends",
    "get_summary": "a method of the clients: it remembers",
}


@pytest.fixture(params=["blocking", "async"])
def do(request: pytest.FixtureRequest, shared_hub: Hub) -> Iterator[Do]:
    """Sends a call by either client."""
    if request.param == "blocking":
        with Client(shared_hub.url, author="client") as client:
            yield client.do
        return
    with asyncio.Runner() as runner:
        waiting = AsyncClient(shared_hub.url, author="client")
        yield lambda call: runner.run(waiting.do(call))
        runner.run(waiting.__aexit__())


@pytest.fixture
def plan(shared_hub: Hub) -> str:
    slug = f"client-{uuid.uuid4().hex[:8]}"
    shared_hub.created("/repos", slug=slug, name=slug, domain="infotech")
    return str(shared_hub.created("/workplans", repo=slug, title="Plan")["code"])


def recent(summary: bytes) -> list[int]:
    """The events of a summary."""
    return [event["id"] for event in json.loads(summary)["recent_progress"]]


def test_rows_are_made_read_changed_and_ended(do: Do, plan: str) -> None:
    task = do(calls.tasks.create(workplan=plan, title="Täsk"))
    assert do(calls.tasks.get(task["id"])) == task
    changed = do(calls.tasks.update(task["code"], version=1, status="wait", waiting_on="you"))
    assert (changed["status"], changed["version"]) == ("wait", 2)
    with pytest.raises(PreconditionFailed, match="at version 2"):
        do(calls.tasks.update(task["code"], version=1, status="todo"))
    assert do(calls.tasks.list(workplan=plan, status=["wait", "todo"]))["items"] == [changed]
    assert do(calls.tasks.end(task["code"]))["status"] == "cancel"
    [event, *_] = do(calls.progress.list(task=task["code"]))["items"]
    assert (event["author"], event["event_type"]) == ("client", "status")


def test_many_rows_dependencies_and_decisions(do: Do, plan: str) -> None:
    made = do(calls.tasks.create_many([{"workplan": plan, "title": f"T{n}"} for n in range(3)]))["items"]
    first, second, _ = (row["code"] for row in made)
    assert do(calls.tasks.add_dependency(second, first))["depends_on"] == [first]
    assert [row["code"] for row in do(calls.tasks.dependencies(first))["dependents"]] == [second]
    with pytest.raises(Conflict):
        do(calls.tasks.add_dependency(first, second))
    assert do(calls.tasks.remove_dependency(second, first))["depends_on"] == []
    decision = do(calls.decisions.create(workplan=plan, title="Which?"))
    assert do(calls.resolve_decision(decision["code"], "so", "me"))["status"] == "resolved"


def test_a_problem_is_an_exception_that_carries_what_was_said(do: Do) -> None:
    with pytest.raises(NotFound, match="GET /tasks lists them"):
        do(calls.tasks.get("no such?task%"))
    with pytest.raises(Invalid) as raised:
        do(calls.tasks.create(title=""))
    assert {error["pointer"] for error in raised.value.extra["errors"]} == {"/title", "/workplan"}
    with pytest.raises(Malformed, match="colour is unknown"):
        do(calls.tasks.list(colour="red"))


def test_pages_go_on_to_the_end(shared_hub: Hub, plan: str) -> None:
    shared_hub.post("/tasks", [{"workplan": plan, "title": f"T {n} ä&="} for n in range(7)])
    call = calls.tasks.list(workplan=plan, limit=2, status=["todo", "wait"], sort="-code")
    with Client(shared_hub.url) as client:
        found = list(client.pages(call))

    async def gather() -> list[Any]:
        async with AsyncClient(shared_hub.url) as client:
            return [row async for row in client.pages(call)]

    assert [row["title"] for row in found] == [f"T {n} ä&=" for n in reversed(range(7))]
    assert asyncio.run(gather()) == found


def test_waiting_ends_with_a_change_or_with_nothing(do: Do, shared_hub: Hub, plan: str) -> None:
    token = shared_hub.post("/progress", {"summary": "one", "workplan": plan}).headers["X-StateHub-Revision"]
    assert do(calls.wait_for_change(token, timeout_s=0, workplan="nothing-of-the-kind")) is None
    shared_hub.created("/progress", summary="two", workplan=plan)
    assert "progress" in do(calls.wait_for_change(token, timeout_s=20))["sections"]
    # the hub is shared: it may tell of other tests' workplans in between
    ours = [event["summary"] for event in do(calls.list_changes(token))["items"] if event["workplan"] == plan]
    assert ours == ["two"]


def test_the_summary_is_never_older_than_what_the_client_wrote(shared_hub: Hub, plan: str) -> None:
    with Client(shared_hub.url) as client:
        for number in range(10):
            event = client.do(calls.progress.create(summary=f"s{number}", workplan=plan))
            assert event["id"] in recent(client.get_summary())
        assert client.get_summary() is client.get_summary(), "unchanged, it costs no body"

    async def written() -> None:
        async with AsyncClient(shared_hub.url) as client:
            for number in range(10):
                event = await client.do(calls.progress.create(summary=f"a{number}", workplan=plan))
                assert event["id"] in recent(await client.get_summary())

    asyncio.run(written())


def test_events_are_followed(shared_hub: Hub, plan: str) -> None:
    with Client(shared_hub.url) as client:
        events = client.follow_events(workplan=plan)
        next(events)
        event = shared_hub.created("/progress", summary="followed", workplan=plan)
        seen: set[int] = set()
        while event["id"] not in seen:
            next(events)
            seen |= set(recent(client.get_summary()))

    async def follow() -> None:
        async with AsyncClient(shared_hub.url) as client:
            events = client.follow_events(workplan=plan)
            await anext(events)
            shared_hub.created("/progress", summary="followed", workplan=plan)
            await anext(events)
            await events.aclose()

    asyncio.run(follow())


# a change of the core: what its build reads can be locked
OWN = {"slug": "own", "name": "Written by this client", "domain": "infotech"}


def steps(hub: Hub) -> Generator[Any]:
    """An event, an own write, the next event, and a summary."""
    with Client(hub.url) as client, closing(client.follow_events()) as events:
        yield next(events)
        yield client.do(calls.repos.create(**OWN))
        yield next(events)
        yield client.get_summary()


async def async_steps(hub: Hub) -> AsyncGenerator[Any]:
    """The same."""
    async with AsyncClient(hub.url) as client, aclosing(client.follow_events()) as events:
        yield await anext(events)
        yield await client.do(calls.repos.create(**OWN))
        yield await anext(events)
        yield await client.get_summary()


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_a_late_event_takes_nothing_back_of_an_own_write(hub: Hub, kind: str) -> None:
    taken, taken_async = steps(hub), async_steps(hub)
    with ThreadPoolExecutor(1) as pool, asyncio.Runner() as runner:

        def step() -> Any:
            return next(taken) if kind == "blocking" else runner.run(taken_async.__anext__())

        hub.settled()
        pool.submit(step).result()
        hub.created("/progress", summary="of another")
        eventually(lambda: b"of another" in hub.get(SUMMARY).body, "its event is on its way")
        with held(hub.database) as release:  # no build: a summary has the write only if it waits for one
            pool.submit(step).result()
            pool.submit(step).result()
            summary = pool.submit(step)
            eventually(lambda: hub.cache._waiters or summary.done(), "the summary waits for a build")
            release()
            assert OWN["name"] in summary.result().decode()
        taken.close()
        runner.run(taken_async.aclose())


def test_a_made_up_token_that_comes_back_is_not_believed(shared_hub: Hub) -> None:
    with Client(shared_hub.url) as client:
        shared_hub.created("/progress", summary="one")
        since = json.loads(client.get_summary())["revision"]["token"]
        for number in range(2):
            client.do(calls.progress.create(summary=f"more {number}"))
        page = client.do(calls.list_changes(since, limit=1))
        ahead = replace(Token.parse(page["token"]), core=10**6, cut=Cut(10**6, 10**6))
        _, *key = json.loads(base64.urlsafe_b64decode(page["next_cursor"] or ""))
        cursor = base64.urlsafe_b64encode(json.dumps([str(ahead), *key]).encode()).decode()
        made_up: list[calls.Call[Any]] = [
            calls.list_changes(since, cursor=cursor),
            calls.wait_for_change(str(ahead), timeout_s=0),
        ]
        for call in made_up:
            client.do(call)
            assert Token.parse(client.token or "").core < ahead.core
        assert client.get_summary(), "it waits for nothing that will never be"


@contextmanager
def cutting(hub: Hub, cuts: int) -> Iterator[str]:
    """A way to the hub on which the first answers get lost: the request arrives, and the connection ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    left = [cuts]

    def carry(client: socket.socket) -> None:
        with closing(client), socket.create_connection(("127.0.0.1", hub.port)) as server:
            server.settimeout(0.2)
            while request := client.recv(65536):
                server.sendall(request)
                answer = b""
                with suppress(TimeoutError):
                    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
                        answer += server.recv(65536)
                if request.startswith(b"POST") and left[0] > 0:
                    left[0] -= 1
                    return
                client.sendall(answer)

    def accept() -> None:
        while not over.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=[client], daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_write_whose_answer_got_lost_is_sent_again_and_done_once(shared_hub: Hub, plan: str) -> None:
    with cutting(shared_hub, cuts=2) as url, Client(url) as client:
        client.do(calls.tasks.list(limit=1))
        code = client.do(calls.tasks.create(workplan=plan, title="Once"))["code"]
    assert [row["code"] for row in shared_hub.get(f"/tasks?workplan={plan}").json["items"]] == [code]

    async def again() -> Any:
        async with AsyncClient(url) as client:
            await client.do(calls.tasks.list(limit=1))
            return await client.do(calls.tasks.create(workplan=plan, title="Again"))

    with cutting(shared_hub, cuts=2) as url:
        again_code = asyncio.run(again())["code"]
    assert [row["code"] for row in shared_hub.get(f"/tasks?workplan={plan}").json["items"]] == [code, again_code]


def test_a_hub_that_is_not_there_is_said_at_once(do: Do) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    async def ask() -> None:
        async with AsyncClient(f"http://127.0.0.1:{port}") as client:
            await client.do(calls.get_health())

    def ask_blocking() -> None:
        with Client(f"http://127.0.0.1:{port}") as client:
            client.do(calls.get_health())

    for asking in (ask_blocking, lambda: asyncio.run(ask())):
        with pytest.raises(Unavailable, match="start one with: custodian up"):
            asking()


def test_another_server_in_the_hubs_place_is_not_taken_for_an_answer() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with Client(f"http://127.0.0.1:{other.server_port}") as client:
            for call in (calls.repos.get("my-repo"), calls.repos.create(slug="s", name="S", domain="infotech")):
                with pytest.raises(Unavailable, match="is no State Hub"):
                    client.do(call)
        other.shutdown()


def test_every_operation_can_be_called() -> None:
    by_rows = {"list", "get", "create", "append", "update", "archive", "cancel", "supersede", "add", "remove"}
    rows = {value.path for value in vars(calls).values() if isinstance(value, calls.Rows)}
    for operation in OPERATIONS:
        verb = operation.name.split("_")[0]
        named = callable(getattr(calls, operation.name, None))
        of_rows = verb in by_rows and operation.path.split("/")[1] in rows
        assert named or of_rows or operation.name in EXCUSED or operation.legacy, operation.name


def test_every_error_of_ours_is_told_by_its_status() -> None:
    for error in StateHubError.__subclasses__():
        if error.status != 500:
            assert error.title
