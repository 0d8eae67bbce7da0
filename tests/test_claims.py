"""Claims over HTTP: taken, kept, given back, finished; and waiting for one costs nothing."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Database
from tests.running import Answer, Hub, eventually, problem, running


@dataclass
class Board:
    """A hub with a workplan, and tasks in it."""

    hub: Hub

    def __post_init__(self) -> None:
        self.hub.created("/repos", slug="demo", name="Demo", domain="infotech", capability_tags=["sql"])
        self.plan = self.hub.created("/workplans", repo="demo", title="A plan", status="ready")["code"]

    def task(self, code: str, **columns: Any) -> Any:
        return self.hub.created("/tasks", workplan=self.plan, title="A task", code=code, **columns)

    def claim(self, agent: str = "ann", **asked: Any) -> Answer:
        return self.hub.post("/tasks/claim", {"agent": agent, **asked})

    def use(self, what: str, code: str, **document: Any) -> Answer:
        return self.hub.post(f"/tasks/{code}/{what}", {"agent": "ann", **document})


@pytest.fixture
def board(hub: Hub) -> Board:
    return Board(hub)


def test_a_claim_answers_with_task_number_and_end_of_the_lease(board: Board) -> None:
    board.task("T-1")
    answer = board.claim(lease_s=60)
    assert answer.status == 200
    claim = answer.json
    assert set(claim) == {"task", "claim_seq", "claimed_at", "lease_expires_at"}
    assert (claim["task"]["code"], claim["task"]["status"], claim["claim_seq"]) == ("T-1", "progress", 1)
    assert (answer.headers["Location"], answer.headers["ETag"]) == ("/tasks/T-1", '"v2"')
    summary = board.hub.get("/state/summary", X_StateHub_Min_Revision=answer.headers["X-StateHub-Revision"])
    assert summary.json["totals"]["tasks"]["progress"] == 1
    assert board.hub.get("/progress?task=T-1").json["items"][0]["author"] == "ann"
    assert board.claim("bob").status == 204


def test_filters_are_those_of_the_queue(board: Board) -> None:
    board.task("T-1", priority=3)
    for asked in ({"tags": ["web"]}, {"max_priority": 2}, {"domain": "energy"}):
        assert board.claim(**asked).status == 204, asked
    everything = {"tags": ["sql"], "max_priority": 3, "domain": "infotech", "repo": "DEMO", "workplan": board.plan}
    assert board.claim(**everything).status == 200


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/agent"),
        ({"agent": " "}, "/agent"),
        ({"agent": "ann", "lease_s": 0}, "/lease_s"),
        ({"agent": "ann", "lease_s": 700_000}, "/lease_s"),
        ({"agent": "ann", "wait_s": 56}, "/wait_s"),
        ({"agent": "ann", "max_priority": 5}, "/max_priority"),
        ({"agent": "ann", "repo": "nix"}, "/repo"),
        ({"agent": "ann", "task": "nix"}, "/task"),
        ({"agent": "ann", "domain": "nix"}, "/domain"),
        ({"agent": "ann", "priority": 1}, "/priority"),
    ],
)
def test_what_cannot_be_is_refused_with_a_pointer(shared_hub: Hub, document: Any, pointer: str) -> None:
    answer = shared_hub.post("/tasks/claim", document)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_named_task_that_is_held_is_409_with_the_holder(board: Board) -> None:
    board.task("T-1")
    assert board.claim("ann", task="t-1").status == 200
    answer = board.claim("bob", task="T-1")
    assert answer.status == 409
    assert answer.json["detail"].startswith("T-1 is held by ann under claim 1, since ")


def test_a_holder_renews_and_finishes_and_hears_what_became_ready(board: Board) -> None:
    for code in ("T-1", "T-2"):
        board.task(code)
    board.hub.created("/tasks/T-2/dependencies", depends_on="T-1")
    claim = board.claim().json
    renewed = board.use("heartbeat", "T-1", claim_seq=1, lease_s=7200)
    assert renewed.json["lease_expires_at"] > claim["lease_expires_at"]
    done = board.use("complete", "T-1", claim_seq=1, summary="painted")
    assert (done.status, done.json["task"]["status"], done.json["unblocked"]) == (200, "done", ["T-2"])
    event = board.hub.get("/progress?task=T-1").json["items"][0]
    assert (event["summary"], event["detail"]["unblocked"]) == ("Task T-1 finished by ann: painted", ["T-2"])


@pytest.mark.parametrize("what", ["heartbeat", "release", "complete"])
def test_a_stale_number_is_409_naming_the_holder(board: Board, what: str) -> None:
    board.task("T-1")
    board.claim(lease_s=0.001)
    eventually(lambda: board.claim("bob").status == 200, "the lease runs out")
    answer = board.use(what, "T-1", claim_seq=1)
    assert answer.status == 409
    assert answer.json["detail"].startswith("T-1 is held by bob under claim 2")


def test_an_edit_that_carries_the_claim_is_fenced_and_renews_the_lease(board: Board) -> None:
    hub, code = board.hub, board.task("T-1")["code"]
    claim = board.claim("ada", task=code, lease_s=1).json
    before = hub.database.value("select lease_expires_at from task_claims where task = row_id('tasks', %s)", code)
    edited = hub.patch(f"/tasks/{code}", {"description": "half done", "claim_seq": claim["claim_seq"]})
    assert (edited.status, edited.json["description"]) == (200, "half done")
    after = hub.database.value("select lease_expires_at from task_claims where task = row_id('tasks', %s)", code)
    assert after > before
    hub.execute("update task_claims set lease_expires_at = now() where task = row_id('tasks', %s)", code)
    assert board.claim("bob", task=code).status == 200
    late = hub.patch(f"/tasks/{code}", {"description": "lost", "claim_seq": claim["claim_seq"]})
    assert "bob" in problem(late, 409)["detail"]
    assert hub.get(f"/tasks/{code}").json["description"] == "half done"
    assert hub.patch(f"/tasks/{code}", {"description": "a plain edit"}).status == 200


def test_a_person_takes_a_claim_away_by_force_only(board: Board) -> None:
    board.task("T-1")
    board.claim("bob")
    answer = board.use("release", "T-1")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/claim_seq")
    assert board.use("release", "T-1", force=True, reason="urgent").json["status"] == "todo"
    assert board.hub.get("/progress?task=T-1").json["items"][0]["detail"]["from"] == "bob"


def test_what_is_ready_who_holds_what_and_why(board: Board) -> None:
    for code in ("T-1", "T-2", "T-3"):
        board.task(code)
    board.claim("ann", task="T-1")
    assert [task["code"] for task in board.hub.get("/tasks/ready").json["items"]] == ["T-2", "T-3"]
    assert [task["code"] for task in board.hub.get("/tasks/ready?limit=1&tag=sql").json["items"]] == ["T-2"]
    (held,) = board.hub.get("/tasks/claims?agent=ANN&repo=demo").json["items"]
    assert (held["task"], held["claimed_by"], held["expired"]) == ("T-1", "ann", False)
    why = board.hub.get("/tasks/T-1/why").json
    assert (why["ready"], why["claim"]["claimed_by"]) == (False, "ann")
    assert board.hub.get("/tasks/nix/why").status == 404
    assert board.hub.get("/tasks/ready?repo=nix").status == 422
    assert board.hub.get("/tasks/ready?colour=red").status == 400


def test_the_same_key_gets_the_same_claim(board: Board) -> None:
    for code in ("T-1", "T-2"):
        board.task(code)
    answers = [board.hub.post("/tasks/claim", {"agent": "ann"}, Idempotency_Key="k") for _ in range(2)]
    assert [answer.json["task"]["code"] for answer in answers] == ["T-1", "T-1"]
    assert len(board.hub.get("/tasks/claims").json["items"]) == 1


def test_nothing_is_kept_of_a_claim_that_found_nothing(board: Board) -> None:
    assert board.hub.post("/tasks/claim", {"agent": "ann"}, Idempotency_Key="k").status == 204
    board.task("T-1")
    assert board.hub.post("/tasks/claim", {"agent": "ann"}, Idempotency_Key="k").status == 200


def test_the_limit_and_the_lease_are_settings(database: Database) -> None:
    with running(database, claim_limit=1, lease=3600.0) as hub:
        board = Board(hub)
        for code in ("T-1", "T-2"):
            board.task(code)
        board.claim()
        lease = hub.database.value("select lease::text from statehub.task_claims")
        answer = board.claim()
    assert lease == "01:00:00"
    assert (answer.status, answer.json["detail"]) == (
        409,
        "ann holds T-1 already, and may hold 1; finish or release one first",
    )


Waiter = Callable[..., "Future[Answer]"]


@pytest.fixture
def waiter(board: Board) -> Iterator[Waiter]:
    """Waits for a claim in another thread; returns once it waits."""
    with ThreadPoolExecutor(8) as pool:

        def wait(agent: str = "ann", wait_s: float = 20, **asked: Any) -> "Future[Answer]":
            before = len(board.hub.state["feed"].subscribers)
            late = pool.submit(board.claim, agent, wait_s=wait_s, **asked)
            eventually(lambda: len(board.hub.state["feed"].subscribers) > before or late.done(), "it waits")
            return late

        yield wait


def test_a_waiter_gets_what_becomes_ready(board: Board, waiter: Waiter) -> None:
    late = waiter()
    board.task("T-1")
    assert late.result(20).json["task"]["code"] == "T-1"


def test_a_waiter_gets_what_somebody_unblocks(board: Board, waiter: Waiter) -> None:
    for code in ("T-1", "T-2"):
        board.task(code)
    board.hub.created("/tasks/T-2/dependencies", depends_on="T-1")
    board.claim("ann")
    late = waiter("bob")
    board.use("complete", "T-1", claim_seq=1)
    assert late.result(20).json["task"]["code"] == "T-2"


def test_a_waiter_gets_what_a_lease_that_runs_out_leaves(board: Board, waiter: Waiter) -> None:
    board.task("T-1")
    board.claim("ann", lease_s=0.5)
    claim = waiter("bob").result(20).json
    assert (claim["task"]["code"], claim["claim_seq"]) == ("T-1", 2)


def test_of_many_who_wait_each_gets_another_task(board: Board, waiter: Waiter) -> None:
    late = [waiter(f"agent-{number}") for number in range(5)]
    for number in range(5):
        board.task(f"T-{number}")
    assert sorted(answer.result(20).json["task"]["code"] for answer in late) == [f"T-{n}" for n in range(5)]


def test_whoever_waits_in_vain_gets_204(board: Board) -> None:
    board.task("T-1", assignee="bob")
    assert board.claim("ann", wait_s=0.05).status == 204


def test_whoever_hung_up_is_not_handed_a_task(board: Board) -> None:
    feed = board.hub.state["feed"]
    body = json.dumps({"agent": "gone", "wait_s": 50}).encode()
    head = "POST /tasks/claim HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with closing(board.hub.dial()) as connection:
        connection.sendall(head.encode() + body)
        eventually(lambda: feed.subscribers, "it waits")
    eventually(lambda: not feed.subscribers, "it is noticed")
    board.task("T-1")
    assert board.claim("ann").json["task"]["code"] == "T-1"


def test_what_waits_is_listed_with_the_reason_page_by_page(board: Board) -> None:
    board.task("T-1")
    board.task("T-2", status="wait", waiting_on="the bank", priority=0)
    board.task("T-3", priority=1)
    board.task("T-4", priority=3)
    for code in ("T-3", "T-4"):
        board.hub.post(f"/tasks/{code}/dependencies", {"depends_on": "T-1"})
    found = board.hub.get("/tasks/blocked?repo=DEMO&limit=2").json
    assert [(task["code"], task["reason"]) for task in found["items"]] == [
        ("T-2", "the bank"),
        ("T-3", "waits for T-1 (todo)"),
    ]
    rest = board.hub.get(f"/tasks/blocked?cursor={found['next_cursor']}").json
    assert ([task["code"] for task in rest["items"]], rest["next_cursor"]) == (["T-4"], None)
    board.hub.patch("/tasks/T-1", {"status": "done"})
    assert [task["code"] for task in board.hub.get("/tasks/blocked").json["items"]] == ["T-2"]
