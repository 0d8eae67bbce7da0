"""Over HTTP: domains and topics that are there, codes, defaults, references, versions, and what follows a workplan."""

from collections.abc import Callable

import pytest

from tests.running import Hub, problem

DOMAINS = {
    "infotech", "financials", "communication", "healthcare", "industrials", "energy", "materials", "utilities",
    "realestate", "consumer-staples", "consumer-discretionary", "government", "education", "nonprofit",
}  # fmt: skip
TOPICS = {
    "platform": "infotech",
    "product": "infotech",
    "research": "infotech",
    "operations": "industrials",
    "governance": "government",
    "community": "nonprofit",
}
AN_ID = "6f1b2c3d-0000-4000-8000-00000000000a"
DUE = "2031-02-03T04:05:06+00:00"


def test_a_new_hub_has_the_fourteen_domains_and_the_six_topics(hub: Hub) -> None:
    domains = hub.get("/domains?limit=500").json["items"]
    assert {row["slug"] for row in domains} == DOMAINS
    assert len(domains) == 14
    topics = hub.get("/topics?limit=500").json["items"]
    assert {row["slug"]: row["domain"] for row in topics} == TOPICS
    assert {row["status"] for row in topics} == {"active"}


def test_codes_are_given_from_the_repository_and_the_workplan(shared_hub: Hub, repo: str) -> None:
    plans = [shared_hub.created("/workplans", repo=repo, title="P")["code"] for _ in range(2)]
    assert plans == [f"{repo.upper()}-WP-0001", f"{repo.upper()}-WP-0002"]
    tasks = [shared_hub.created("/tasks", workplan=plans[1], title="T")["code"] for _ in range(2)]
    assert tasks == [f"{plans[1]}-T01", f"{plans[1]}-T02"]
    decision = shared_hub.created("/decisions", workplan=plans[0], title="D")["code"]
    assert decision.startswith("DEC-")
    assert decision[4:].isdigit()
    assert len(decision) >= 8


def test_a_repository_and_a_workplan_start_with_their_defaults(shared_hub: Hub, repo: str, plan: str) -> None:
    row = shared_hub.get(f"/repos/{repo}").json
    assert (row["category"], row["status"], row["capability_tags"], row["business_stake"]) == (
        "project",
        "active",
        [],
        [],
    )
    row = shared_hub.get(f"/workplans/{plan}").json
    assert (row["status"], row["priority"], row["labels"], row["topic"], row["detail"]) == ("proposed", 2, [], None, {})


def test_a_workplan_has_a_repository_and_a_task_a_workplan(shared_hub: Hub) -> None:
    for path, pointer in (("/workplans", "/repo"), ("/tasks", "/workplan")):
        found = problem(shared_hub.post(path, {"title": "x"}), 422)
        assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_a_task_is_due_when_its_workplan_is(shared_hub: Hub, repo: str) -> None:
    plan = shared_hub.created("/workplans", repo=repo, title="P", due_at=DUE)["code"]
    row = shared_hub.created("/tasks", workplan=plan, title="T")
    assert row["due_at"] == DUE
    own = shared_hub.created("/tasks", workplan=plan, title="T", due_at="2030-01-01T00:00:00Z")
    assert own["due_at"].startswith("2030-01-01")
    assert shared_hub.patch(f"/tasks/{row['code']}", {"due_at": None}).json["due_at"] is None


def test_a_task_is_of_its_workplans_repository_wherever_that_goes(
    shared_hub: Hub, plan: str, task: str, fresh: Callable[[str], str]
) -> None:
    other = shared_hub.created("/repos", slug=fresh("repo"), name="Other", domain="energy")["slug"]
    elsewhere = shared_hub.created("/workplans", repo=other, title="Elsewhere")["code"]
    assert shared_hub.patch(f"/tasks/{task}", {"workplan": elsewhere}).json["repo"] == other
    stays = shared_hub.created("/tasks", workplan=plan, title="Stays")["code"]
    shared_hub.patch(f"/workplans/{plan}", {"repo": other})
    assert shared_hub.get(f"/tasks/{stays}").json["repo"] == other
    found = problem(shared_hub.patch(f"/tasks/{task}", {"repo": other}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/repo"]


@pytest.mark.parametrize("kind", ["topics", "repos", "workplans", "tasks", "decisions"])
def test_the_version_grows_by_one_with_every_change_by_whomever(
    shared_hub: Hub, paths: dict[str, str], kind: str
) -> None:
    table = "managed_repos" if kind == "repos" else kind
    label = "name" if kind == "repos" else "title"
    before = shared_hub.get(paths[kind]).json
    for number in (1, 2):
        row = shared_hub.patch(paths[kind], {label: f"Name {number}"}).json
        assert row["version"] == before["version"] + number
    shared_hub.execute(
        f"update {table} set {label} = 'By psql', version = 99, created_at = now() where id = %s", row["id"]
    )
    by_psql = shared_hub.get(paths[kind])
    assert by_psql.json["version"] == before["version"] + 3
    assert by_psql.headers["ETag"] == f'"v{before["version"] + 3}"'
    assert by_psql.json["created_at"] == before["created_at"]
    assert by_psql.json["updated_at"] > row["updated_at"]


@pytest.mark.parametrize("path", ["/topics", "/repos"])
def test_a_slug_that_looks_like_an_id_could_not_be_found_and_is_refused(shared_hub: Hub, path: str) -> None:
    document = {"slug": AN_ID, "domain": "energy", "name" if path == "/repos" else "title": "x"}
    found = problem(shared_hub.post(path, document), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/slug"]


@pytest.mark.parametrize("code", ["ready", "READY", "claim", "claims"])
def test_a_tasks_code_hides_behind_no_route(shared_hub: Hub, plan: str, code: str) -> None:
    found = problem(shared_hub.post("/tasks", {"workplan": plan, "title": "x", "code": code}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/code"]


def test_twins_in_another_case_are_one_name(shared_hub: Hub, plan: str, fresh: Callable[[str], str]) -> None:
    code = fresh("Twin")
    shared_hub.created("/tasks", workplan=plan, title="x", code=code)
    found = problem(
        shared_hub.post("/tasks", {"workplan": plan.swapcase(), "title": "x", "code": code.swapcase()}), 409
    )
    assert [error["pointer"] for error in found["errors"]] == ["/code"]
    assert shared_hub.get(f"/tasks/{code.swapcase()}").json["code"] == code
    # another kind has names of its own
    repo = shared_hub.get(f"/workplans/{plan}").json["repo"]
    assert shared_hub.created("/workplans", repo=repo, title="x", code=code)["code"] == code
