"""The server stands still, or its connections carry nothing, and nobody is told: no request waits without limit."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from statehub.routes import summary
from statehub.store import base as store
from tests.conftest import Database
from tests.faults.cluster import Cluster
from tests.running import SUMMARY, Answer, Hub, eventually, linked, problem, running

LIMITS_S = 1.0  # instead of 5 and 10, so that the test is short; the longest wait is their sum and a little
LONGEST_S = 8.0


@pytest.fixture(autouse=True)
def _shorter_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ACQUIRE_TIMEOUT_S", LIMITS_S)
    monkeypatch.setattr(store, "STATEMENT_TIMEOUT_S", int(LIMITS_S))
    monkeypatch.setattr(summary, "BUILD_TIMEOUT_S", LIMITS_S)


def ask_everything(hub: Hub, token: str) -> dict[str, tuple[int, float]]:
    """Status and seconds of each request, all at once."""
    asked: dict[str, Callable[[], Answer]] = {
        "read": lambda: hub.get(SUMMARY),
        "refresh": lambda: hub.get(SUMMARY + "?refresh=true"),
        "write": lambda: hub.post("/progress", {"summary": "x"}),
        "list": lambda: hub.get("/topics"),
        "changes": lambda: hub.get(f"/state/changes?since={token}"),
        "health": lambda: hub.get("/state/health"),
        "ready": lambda: hub.get("/state/ready"),
        "metrics": lambda: hub.get("/metrics"),
    }

    def timed(call: Callable[[], Answer]) -> tuple[int, float]:
        begun = time.monotonic()
        return call().status, time.monotonic() - begun

    with ThreadPoolExecutor(len(asked)) as pool:
        jobs = {name: pool.submit(timed, call) for name, call in asked.items()}
        return {name: job.result() for name, job in jobs.items()}


def judge(found: dict[str, tuple[int, float]]) -> None:
    assert found["read"][0] == 200
    assert found["metrics"][0] == 200
    assert {status for status, _ in found.values()} <= {200, 201, 503}, found
    assert found["read"][1] < LIMITS_S, "a plain read waits for nobody"
    assert max(seconds for _, seconds in found.values()) < LONGEST_S, found


@pytest.fixture
def stopped(mortal: Cluster) -> Iterator[list[int]]:
    """Pids to let go on in the end."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        mortal.signal(pid, signal.SIGCONT)


def test_nobody_waits_without_limit_for_a_server_that_stands_still(mortal: Cluster, stopped: list[int]) -> None:
    with running(mortal.database, poll_interval=0.2) as hub:
        token = hub.settled().headers["X-StateHub-Revision"]
        stopped += [pid for pid in mortal.processes() if mortal.signal(pid, signal.SIGSTOP)]
        found = ask_everything(hub, token)
        judge(found)
        assert found["write"][0] == found["refresh"][0] == found["health"][0] == 503, found
        for pid in stopped:
            mortal.signal(pid, signal.SIGCONT)
        eventually(lambda: hub.post("/progress", {"summary": "after"}).status == 201, "it goes on", within_s=15)
        eventually(lambda: "after" in hub.get(SUMMARY).body.decode(), "it is fresh again", within_s=15)


def test_one_session_that_stands_still_holds_up_nobody_else(mortal: Cluster, stopped: list[int]) -> None:
    with running(mortal.database, poll_interval=0.2) as hub:
        hub.settled()
        stopped += [pid for pid in mortal.backends("statehub api")[:1] if mortal.signal(pid, signal.SIGSTOP)]
        assert stopped
        begun = time.monotonic()
        eventually(lambda: hub.post("/progress", {"summary": "beside"}).status == 201, "another session", within_s=15)
        eventually(lambda: "beside" in hub.get(SUMMARY).body.decode(), "a build by another session", within_s=15)
        assert time.monotonic() - begun < LONGEST_S


def test_connections_that_carry_nothing_are_given_up(database: Database) -> None:
    with linked(database) as link, running(database, through=link.url, poll_interval=0.2) as hub:
        token = hub.settled().headers["X-StateHub-Revision"]
        link.freeze()
        judge(ask_everything(hub, token))
        begun = time.monotonic()
        hub.execute("insert into progress_events (summary, author) values ('thawed', 'x')")
        eventually(lambda: "thawed" in hub.get(SUMMARY).body.decode(), "fresh by new connections", within_s=15)
        assert time.monotonic() - begun < LONGEST_S
        assert hub.post("/progress", {"summary": "x"}).status == 201
        problem(hub.get("/nowhere"), 404)
