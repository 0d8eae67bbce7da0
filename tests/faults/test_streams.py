"""Who follows the events: a slow reader, too many of them, one that comes back, one that hears nothing for long."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from statehub.routes import feed
from tests.conftest import Database
from tests.faults.sse import following
from tests.running import SUMMARY, Hub, eventually, problem, running

LIMIT = 5


@pytest.fixture
def hub(database: Database) -> Iterator[Hub]:
    with running(database, poll_interval=0.2, sse_limit=LIMIT) as hub:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        yield hub


def test_a_fresh_subscriber_first_gets_the_current_revision_and_then_each_change(hub: Hub) -> None:
    current = hub.settled().json["revision"]
    with following(hub.port) as client:
        assert client.status == 200
        assert b"text/event-stream" in client.head.lower()
        told = client.first()
        assert {section: told[section]["revision"] for section in told} == {
            "core": current["core"],
            "progress": current["progress"],
        }
        assert told["core"]["id"] == current["token"]
        hub.created("/progress", summary="news")
        change = client.change()
        assert change
        assert (change["section"], change["revision"]) == ("progress", current["progress"] + 1)
        assert hub.get(SUMMARY).json["revision"]["progress"] >= change["revision"], "what is told can be read"


def test_who_comes_back_gets_the_current_revision_and_no_replay(hub: Hub) -> None:
    with following(hub.port) as client:
        last = client.first()["progress"]["id"]
    for number in range(5):
        hub.created("/progress", summary=f"missed {number}")
    eventually(lambda: "missed 4" in hub.get(SUMMARY).body.decode())
    hub.settled()
    with following(hub.port, "", f"Last-Event-ID: {last}") as client:
        told = client.first()
        assert told["progress"]["revision"] == hub.get(SUMMARY).json["revision"]["progress"]
        assert client.change(within_s=0.3) is None


def test_a_comment_is_sent_when_there_is_nothing_to_tell(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT_S", 0.1)
    with following(hub.port) as client:
        client.first()
        for _ in range(3):
            message = client.message()
            assert message
            assert message.startswith(":")


def test_there_is_a_limit_of_clients_and_room_again_when_one_leaves(hub: Hub) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(following(hub.port))
        others = [stack.enter_context(following(hub.port)) for _ in range(LIMIT - 1)]
        for client in (first, *others):
            client.first()
        problem(hub.get("/state/events"), 503)
        token = hub.settled().headers["X-StateHub-Revision"]
        problem(hub.get(f"/state/wait?since={token}&timeout=0.1"), 503)
        first.connection.close()
        hub.created("/progress", summary="whoever left is noticed")
        eventually(
            lambda: hub.get(f"/state/wait?since={hub.settled().json['revision']['token']}&timeout=0").status == 204
        )


def test_who_hangs_up_while_waiting_leaves_the_place_to_others(hub: Hub) -> None:
    token = hub.settled().json["revision"]["token"]
    subscribers = hub.state["feed"].subscribers
    with closing(hub.dial()) as waiting:
        waiting.sendall(f"GET /state/wait?since={token}&timeout=50 HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        eventually(lambda: subscribers, "it waits")
    eventually(lambda: not subscribers, "it is noticed")


def test_the_limit_holds_when_all_come_at_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    held, released = threading.Event(), threading.Event()

    def hold(*_: object) -> None:
        """The hub does nothing else meanwhile; then it reads all of the requests in one turn."""
        held.set()
        released.wait(20)

    monkeypatch.setattr(hub.cache, "on_publish", hold)
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(hub.dial())) for _ in range(30)]
        hub.execute("update domains set description = description || 'x' where slug = 'infotech'")
        assert held.wait(20)
        for connection in connections:
            connection.sendall(b"GET /state/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
        released.set()
        statuses = [int(connection.recv(2**12).split()[1]) for connection in connections]
    assert statuses.count(200) == LIMIT
    assert statuses.count(503) == 30 - LIMIT


def test_a_slow_reader_holds_up_nobody_and_costs_nothing(hub: Hub) -> None:
    with following(hub.port, buffer=1) as slow, following(hub.port) as quick:
        quick.first()
        for number in range(300):
            token = hub.post("/progress", {"summary": f"event {number}"}).headers["X-StateHub-Revision"]
        wanted = int(token.split(".")[2], 36)
        revision = 0
        while revision < wanted:
            change = quick.change()
            assert change, "the quick reader waits for the slow one"
            assert change["revision"] >= revision
            revision = change["revision"]
        assert max(len(subscriber.pending) for subscriber in hub.state["feed"].subscribers) <= 2
        assert slow.status == 200
        while (change := slow.change()) and change["revision"] < wanted:
            pass
        assert change, "in the end the slow one hears of the last revision too"
