"""`/repos/{slug}/sync`: plans as a sync reads them; a batch against those versions, all of it or nothing."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from statehub import calls
from statehub.client import Client
from statehub.errors import Conflict
from statehub.tokens import Token
from tests.running import JSON, Answer, Hub, eventually, problem, waits_for_a_lock

NUMBERS = itertools.count(1)


@pytest.fixture
def repo(shared_hub: Hub) -> str:
    """A repository without a plan."""
    slug = f"synced-{next(NUMBERS)}"
    shared_hub.created("/repos", slug=slug, name="Repo", domain="infotech")
    return slug


def read(hub: Hub, repo: str) -> Any:
    answer = hub.get(f"/repos/{repo}/sync")
    assert answer.status == 200, answer.body
    return answer.json


def send(hub: Hub, repo: str, *plans: dict[str, Any], **headers: str) -> Answer:
    return hub.post(f"/repos/{repo}/sync", {"workplans": list(plans)}, **headers)


def sent(hub: Hub, repo: str, *plans: dict[str, Any], **headers: str) -> Any:
    answer = send(hub, repo, *plans, **headers)
    assert answer.status == 200, answer.body
    return answer.json


def plan(repo: str, **more: Any) -> dict[str, Any]:
    """A new plan with two tasks, the second one waiting for the first, as a file has it."""
    code = f"{repo}-WP-1"
    return {
        "code": code, "title": "Plan", "status": "active", "owner": "ada", "topic": "platform",
        "source_path": "workplans/plan.md",
        "sync_base": {"title": "Plan", "tasks": {f"{code}-T01": {"status": "done"}}},
        "tasks": [
            {"code": f"{code}-T01", "title": "First", "status": "done", "priority": 1},
            {"code": f"{code}-T02", "title": "Second", "depends_on": [f"{code}-T01"], "position": 1, "assignee": "bo"},
        ],
    } | more  # fmt: skip


def tokens(answer: Answer) -> tuple[int, int]:
    token = Token.parse(answer.headers["X-StateHub-Revision"])
    return token.core, token.progress


def events_by(hub: Hub, author: str) -> list[tuple[str, str]]:
    return [(e["event_type"], e["summary"]) for e in hub.get(f"/progress?author={author}&sort=id").json["items"]]


def test_a_repository_without_plans_has_none(shared_hub: Hub, repo: str) -> None:
    assert read(shared_hub, repo) == {"repo": repo, "last_synced_at": None, "workplans": []}
    problem(shared_hub.get("/repos/nowhere/sync"), 404)
    problem(send(shared_hub, "nowhere"), 404)


def test_what_was_written_is_what_is_read(shared_hub: Hub, repo: str) -> None:
    new = plan(repo)
    answer = sent(shared_hub, repo, new)
    code = new["code"]
    assert answer["counts"] == {
        "workplans_created": 1, "workplans_updated": 0, "tasks_created": 2, "tasks_updated": 0,
        "dependencies_added": 1, "dependencies_removed": 0,
    }  # fmt: skip
    assert answer["workplans"] == [
        {"code": code, "version": 1, "tasks": [{"code": f"{code}-T0{n}", "version": 1} for n in (1, 2)]}
    ]
    found = read(shared_hub, repo)
    assert found["last_synced_at"] == answer["last_synced_at"] is not None
    first, second = new["tasks"]
    assert found["workplans"] == [
        {
            "code": code, "title": "Plan", "status": "active", "owner": "ada", "topic": "platform", "depends_on": [],
            "synced": True, "source_path": "workplans/plan.md", "sync_base": new["sync_base"], "version": 1,
            "tasks": [
                first | {"assignee": None, "waiting_on": None, "depends_on": [], "position": 0, "version": 1},
                second | {"status": "todo", "priority": 2, "waiting_on": None, "version": 1},
            ],
        }
    ]  # fmt: skip


def test_plans_that_came_from_no_file_are_told_too_and_flagged(shared_hub: Hub, repo: str) -> None:
    made = shared_hub.created("/workplans", repo=repo, title="By hand")
    sent(shared_hub, repo, plan(repo))
    flags = {p["code"]: p["synced"] for p in read(shared_hub, repo)["workplans"]}
    assert flags == {made["code"]: False, f"{repo}-WP-1": True}


def test_only_what_is_named_changes(shared_hub: Hub, repo: str) -> None:
    new = plan(repo)
    sent(shared_hub, repo, new)
    [before] = read(shared_hub, repo)["workplans"]
    code = before["code"]
    change = {"code": code.lower(), "version": 1, "owner": None, "sync_base": {"title": "Base"}}
    task = {"code": f"{code}-T02", "version": 1, "status": "progress"}
    counts = sent(shared_hub, repo, change | {"tasks": [task]})["counts"]
    assert (counts["workplans_updated"], counts["tasks_updated"], counts["tasks_created"]) == (1, 1, 0)
    [after] = read(shared_hub, repo)["workplans"]
    first, second = before["tasks"]
    assert after == before | {
        "owner": None, "sync_base": {"title": "Base"}, "version": 2,
        "tasks": [first, second | {"status": "progress", "version": 2}],
    }  # fmt: skip


def test_a_plan_is_archived_and_taken_out_of_its_file(shared_hub: Hub, repo: str) -> None:
    sent(shared_hub, repo, plan(repo))
    gone = {"code": f"{repo}-WP-1", "version": 1, "status": "archived", "source_path": None, "sync_base": None}
    sent(shared_hub, repo, gone | {"topic": None})
    [found] = read(shared_hub, repo)["workplans"]
    assert (found["status"], found["synced"], found["topic"]) == ("archived", False, None)


def test_tasks_without_a_code_get_one_in_order_and_the_base_names_it(shared_hub: Hub, repo: str) -> None:
    code = f"{repo}-WP-1"
    tasks: list[dict[str, Any]] = [{"title": f"t{n}"} for n in range(110)]
    tasks[3] |= {"code": f"{code}-T02"}
    base = {"title": "Plan", "tasks": {f"+{n}": {"n": n} for n in range(110) if n != 3} | {f"{code}-T02": {"n": 3}}}
    answer = sent(shared_hub, repo, plan(repo, tasks=tasks, sync_base=base))
    given = [task["code"] for task in answer["workplans"][0]["tasks"]]
    numbers = [1, *range(3, 111)]
    assert [c for n, c in enumerate(given) if n != 3] == [f"{code}-T{number:02}" for number in numbers]
    assert given[3] == f"{code}-T02"
    [found] = read(shared_hub, repo)["workplans"]
    assert {task["code"]: task["title"] for task in found["tasks"]} == {c: f"t{n}" for n, c in enumerate(given)}
    assert found["sync_base"]["tasks"] == {c: {"n": n} for n, c in enumerate(given)}
    assert found["version"] == answer["workplans"][0]["version"]


def test_nothing_changed_writes_nothing(hub: Hub) -> None:
    hub.created("/repos", slug="still", name="Still", domain="infotech")
    first = send(hub, "still", plan("still"))
    synced_at = first.json["last_synced_at"]
    again = plan("still", version=1)
    again["tasks"] = [task | {"version": 1} for task in again["tasks"]]
    before = hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"]
    for batch in ([again], []):
        answer = send(hub, "still", *batch)
        assert tokens(answer) == tokens(first)
        assert set(answer.json["counts"].values()) == {0}
        assert answer.json["last_synced_at"] == synced_at
    assert (
        hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"].split(".")[1:3] == before.split(".")[1:3]
    )


def test_rows_that_moved_are_all_told_and_nothing_is_written(shared_hub: Hub, repo: str) -> None:
    sent(shared_hub, repo, plan(repo), plan(repo, code=f"{repo}-WP-2", tasks=[]))
    code = f"{repo}-WP-1"
    shared_hub.patch(f"/tasks/{code}-T02", {"title": "Moved"})
    shared_hub.patch(f"/workplans/{repo}-WP-2", {"title": "Moved"})
    before = read(shared_hub, repo)
    batch: list[dict[str, Any]] = [
        {"code": code, "version": 1, "title": "New", "tasks": [
            {"code": f"{code}-T01", "version": 1, "title": "New"},
            {"code": f"{code}-T02", "version": 1, "title": "New"},
            {"code": f"{code}-T77", "version": 1}, {"title": "New"},
        ]},
        {"code": f"{repo}-WP-2", "version": 1, "title": "New"},
        {"code": f"{repo}-WP-3", "version": 4},
        {"code": f"{repo}-WP-9", "title": "New"},
    ]  # fmt: skip
    found = problem(send(shared_hub, repo, *batch), 409)
    assert found["errors"] == [
        {"pointer": "/workplans/0/tasks/1", "detail": f"{code}-T02 is at version 2, not 1"},
        {"pointer": "/workplans/0/tasks/2", "detail": f"{code}-T77 is not there"},
        {"pointer": "/workplans/1", "detail": f"{repo}-WP-2 is at version 2, not 1"},
        {"pointer": "/workplans/2", "detail": f"{repo}-WP-3 is not there"},
    ]
    assert read(shared_hub, repo) == before


def test_of_two_who_sync_at_once_from_the_same_versions_one_is_refused(shared_hub: Hub, repo: str) -> None:
    sent(shared_hub, repo, plan(repo, depends_on=[]))
    for version in range(1, 9):
        task = {"code": f"{repo}-WP-1-T01", "version": version}
        batches = [{"code": f"{repo}-WP-1", "version": 1, "tasks": [task | {"title": f"{version}{n}"}]} for n in "abcd"]
        with ThreadPoolExecutor(len(batches)) as pool:
            statuses = sorted(pool.map(lambda batch: send(shared_hub, repo, batch).status, batches))
        assert statuses == [200, 409, 409, 409]


def test_a_change_that_is_just_being_made_is_waited_for_and_not_overwritten(hub: Hub) -> None:
    hub.created("/repos", slug="held", name="Held", domain="infotech")
    sent(hub, "held", plan("held"))
    task = {"code": "held-WP-1-T01", "version": 1, "title": "From the file"}
    with ThreadPoolExecutor(1) as pool, closing(hub.database.connect()) as psql:
        with psql.transaction():
            psql.execute("update tasks set title = 'By hand' where code = 'held-WP-1-T01'")
            answer = pool.submit(send, hub, "held", {"code": "held-WP-1", "version": 1, "tasks": [task]})
            eventually(lambda: waits_for_a_lock(hub.database), "the sync waits")
        found = problem(answer.result(), 409)
    assert [error["pointer"] for error in found["errors"]] == ["/workplans/0/tasks/0"]
    assert hub.get("/tasks/held-WP-1-T01").json["title"] == "By hand"


def test_a_row_that_is_there_already_or_elsewhere_is_a_conflict(shared_hub: Hub, repo: str) -> None:
    sent(shared_hub, repo, plan(repo))
    other = f"{repo}-other"
    shared_hub.created("/repos", slug=other, name="Other", domain="infotech")
    found = problem(send(shared_hub, repo, plan(repo)), 409)
    assert [e["pointer"] for e in found["errors"]] == ["/workplans/0", "/workplans/0/tasks/0", "/workplans/0/tasks/1"]
    assert "is there already, at version 1" in found["errors"][0]["detail"]
    taken = {"code": f"{repo}-WP-1", "version": 1, "title": "Mine"}
    found = problem(send(shared_hub, other, taken), 409)
    assert found["errors"] == [{"pointer": "/workplans/0", "detail": f"{repo}-WP-1 belongs to another repository"}]
    found = problem(
        send(shared_hub, other, {"code": "Z-1", "title": "Z", "tasks": [{"code": f"{repo}-WP-1-T01", "version": 1}]}),
        409,
    )
    assert "belongs to another workplan" in found["errors"][0]["detail"]
    assert read(shared_hub, other)["workplans"] == []


def test_dependencies_are_set_as_a_whole(shared_hub: Hub, repo: str) -> None:
    code = f"{repo}-WP-1"
    sent(shared_hub, repo, plan(repo), plan(repo, code=f"{repo}-WP-2", depends_on=[code.lower()], tasks=[]))

    def change(expected: int, needs: list[str] | None) -> Any:
        task = {"code": f"{code}-T02", "version": 1} | ({} if needs is None else {"depends_on": needs})
        return sent(shared_hub, repo, {"code": code, "version": 1, "tasks": [task]})["counts"]

    assert change(1, None)["dependencies_removed"] == 0
    counts = change(1, [])
    assert (counts["dependencies_added"], counts["dependencies_removed"]) == (0, 1)
    counts = change(1, [f"{code}-t01", f"{code}-T01"])
    assert (counts["dependencies_added"], counts["dependencies_removed"]) == (1, 0)
    first, second = read(shared_hub, repo)["workplans"]
    assert [task["depends_on"] for task in first["tasks"]] == [[], [f"{code}-T01"]]
    assert second["depends_on"] == [code]
    assert (
        sent(shared_hub, repo, {"code": f"{repo}-WP-2", "version": 1, "depends_on": []})["counts"][
            "dependencies_removed"
        ]
        == 1
    )


def test_a_cycle_is_refused_and_nothing_of_it_stays(shared_hub: Hub, repo: str) -> None:
    a, b = f"{repo}-A", f"{repo}-B"
    batch = [plan(repo, code=a, depends_on=[b], tasks=[]), plan(repo, code=b, depends_on=[a], tasks=[])]
    assert "closes a cycle" in problem(send(shared_hub, repo, *batch), 409)["detail"]
    assert read(shared_hub, repo) == {"repo": repo, "last_synced_at": None, "workplans": []}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"depends_on": ["nowhere"]}, "/workplans/0/depends_on/0"),
        ({"tasks": [{"title": "x"}, {"title": "x", "depends_on": ["a", "b"]}]}, "/workplans/0/tasks/1/depends_on/0"),
        ({"topic": "nothing"}, "/workplans/0/topic"),
        ({"title": ""}, "/workplans/0/title"),
        ({"status": "done"}, "/workplans/0/status"),
        ({"version": 0}, "/workplans/0/version"),
        ({"colour": "red"}, "/workplans/0/colour"),
        ({"tasks": [{"title": "x", "status": "finished"}]}, "/workplans/0/tasks/0/status"),
        ({"tasks": [{"title": "x", "priority": 9}]}, "/workplans/0/tasks/0/priority"),
        ({"tasks": [{"status": "done"}]}, "/workplans/0/tasks/0"),
        ({"tasks": [{"version": 1, "title": "x"}]}, "/workplans/0/tasks/0"),
        ({"tasks": [{"code": "Q1", "title": "x"}, {"code": "q1", "title": "y"}]}, "/workplans/0/tasks/1/code"),
        ({"sync_base": []}, "/workplans/0/sync_base"),
    ],
)
def test_what_breaks_a_rule_is_pointed_at_and_nothing_is_written(
    shared_hub: Hub, repo: str, change: dict[str, Any], pointer: str
) -> None:
    found = problem(send(shared_hub, repo, plan(repo) | change), 422)
    assert found["errors"][0]["pointer"] == pointer
    assert read(shared_hub, repo)["workplans"] == []


def test_a_plan_stands_once_in_a_batch(shared_hub: Hub, repo: str) -> None:
    batch = [plan(repo, tasks=[]), plan(repo, code=f"{repo}-wp-1".upper(), tasks=[])]
    found = problem(send(shared_hub, repo, *batch), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/workplans/1/code"]


def test_a_batch_leaves_one_event_a_kind_of_change(shared_hub: Hub, repo: str) -> None:
    author = f"by-{repo}"
    sent(shared_hub, repo, plan(repo), X_StateHub_Author=author)
    assert events_by(shared_hub, author) == [("sync", "1 workplan created"), ("sync", "2 tasks created")]


def test_a_batch_with_a_key_is_written_once(shared_hub: Hub, repo: str) -> None:
    key = {"Idempotency_Key": f"sync of {repo}"}
    first, again = sent(shared_hub, repo, plan(repo), **key), sent(shared_hub, repo, plan(repo), **key)
    assert first == again


def test_a_client_of_ours_reads_merges_and_sends(shared_hub: Hub, repo: str) -> None:
    with Client(shared_hub.url, author="client") as client:
        done = client.do(calls.sync_plans(repo, [plan(repo)]))
        assert done["counts"]["tasks_created"] == 2
        [found] = client.do(calls.list_plans(repo))["workplans"]
        moved = {"code": found["code"], "version": found["version"] + 1}
        with pytest.raises(Conflict) as refused:
            client.do(calls.sync_plans(repo, [moved]))
    assert refused.value.extra["errors"][0]["pointer"] == "/workplans/0"


def test_a_batch_may_have_64_mib_and_other_routes_not(shared_hub: Hub, repo: str) -> None:
    large = plan(repo, sync_base={"text": "x" * 2_000_000})
    assert send(shared_hub, repo, large).status == 200
    over = b"x" * (2**20 + 1)
    for path in (f"/repos/{repo}/classification", f"/repos/{repo}/sync/more", "/repos/sync"):
        head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: {len(over)}\r\n\r\n"
        assert shared_hub.say(head.encode() + over).status in (404, 405, 413)
    problem(shared_hub.say(head.replace("/repos/sync", f"/repos/{repo}/classification").encode() + over), 413)


def test_what_others_did_to_the_dependencies_since_they_were_read_stays(shared_hub: Hub, repo: str) -> None:
    code = f"{repo}-WP-1"
    new = plan(repo)
    new["tasks"] += [{"code": f"{code}-T0{n}", "title": f"t{n}"} for n in (3, 4, 5)]
    new["tasks"][3]["depends_on"] = [f"{code}-T01", f"{code}-T02"]
    sent(shared_hub, repo, new)
    read_then = [f"{code}-T01", f"{code}-T02"]
    shared_hub.created(f"/tasks/{code}-T04/dependencies", depends_on=f"{code}-T05")
    shared_hub.ask("DELETE", f"/tasks/{code}-T04/dependencies/{code}-T01")
    task = {"code": f"{code}-T04", "version": 1, "depends_on": [f"{code}-T01", f"{code}-T03"]}
    counts = sent(
        shared_hub,
        repo,
        {"code": code, "version": 1, "tasks": [task | {"depends_on_read": [c.lower() for c in read_then]}]},
    )["counts"]
    assert (counts["dependencies_added"], counts["dependencies_removed"]) == (1, 1)
    [found] = read(shared_hub, repo)["workplans"]
    needs = {task["code"]: task["depends_on"] for task in found["tasks"]}
    assert needs[f"{code}-T04"] == [f"{code}-T03", f"{code}-T05"]


def test_who_has_read_the_plans_is_told_that_they_are_the_same(shared_hub: Hub, repo: str) -> None:
    sent(shared_hub, repo, plan(repo))
    tag = shared_hub.get(f"/repos/{repo}/sync").headers["ETag"]
    again = shared_hub.get(f"/repos/{repo}/sync", If_None_Match=tag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    shared_hub.patch(f"/tasks/{repo}-WP-1-T01", {"title": "Moved"})
    after = shared_hub.get(f"/repos/{repo}/sync", If_None_Match=tag)
    assert after.status == 200
    assert after.json["workplans"][0]["tasks"][0]["title"] == "Moved"
