"""`/legacy-meter`: what is registered, who uses it, and whether it may be retired."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from statehub import schema
from tests.running import SUMMARY, Answer, Hub, eventually, problem

NUMBERS = itertools.count(1)
INTERFACES, USES = "/legacy-meter/interfaces", "/legacy-meter/uses"
OURS = {
    ("rest", "/workstreams"): "/workplans",
    ("rest", "workstream_id in POST /tasks"): "workplan in POST /tasks",
    ("mcp", "create_workstream"): "create_workplan",
    ("mcp", "update_workstream_status"): "update_workplan_status",
    ("mcp", "get_workstream"): "get_workplan",
}


@pytest.fixture
def name(shared_hub: Hub) -> str:
    """A registered interface of the CLI."""
    made = f"old-{next(NUMBERS)}"
    shared_hub.created(INTERFACES, kind="cli", name=made, successor="new")
    return made


def use(hub: Hub, name: str, caller: str = "an agent") -> Answer:
    return hub.post(USES, {"kind": "cli", "name": name}, User_Agent=caller)


def reviewed(hub: Hub, name: str) -> Any:
    [found] = [item for item in hub.get("/legacy-meter").json["items"] if item["name"] == name]
    return found


def age(hub: Hub, name: str, days: int) -> None:
    """As if it had been registered, and used, that many days ago."""
    hub.execute(
        "update legacy_usage set used_on = used_on - %s, last_used_at = last_used_at - make_interval(days => %s)"
        " where interface = (select id from legacy_interfaces where name = %s)",
        days, days, name,
    )  # fmt: skip
    hub.execute("alter table legacy_interfaces disable trigger touch")
    hub.execute(
        "update legacy_interfaces set created_at = created_at - make_interval(days => %s) where name = %s", days, name
    )
    hub.execute("alter table legacy_interfaces enable always trigger touch")


def test_our_own_are_there_from_the_seed_and_seeding_again_changes_nothing(hub: Hub) -> None:
    found = hub.get("/legacy-meter").json["items"]
    assert {(item["kind"], item["name"]): item["successor"] for item in found} == OURS
    hub.post(INTERFACES, {"kind": "rest", "name": "/workstreams", "successor": "/workplans", "retire_after_days": 90})
    schema.seed(hub.database.url)
    found = hub.get("/legacy-meter").json["items"]
    assert len(found) == len(OURS)
    assert {item["retire_after_days"] for item in found if item["name"] == "/workstreams"} == {90}


def test_an_interface_is_registered_once_and_changed_after_that(shared_hub: Hub) -> None:
    sent = {"kind": "mcp", "name": f"old-{next(NUMBERS)}", "successor": "new"}
    made = shared_hub.post(INTERFACES, sent)
    assert (made.status, made.headers["Location"], made.headers["ETag"]) == (201, "/legacy-meter", '"v1"')
    assert (made.json["retire_after_days"], made.json["sunset_at"], made.json["uses"]) == (30, None, [])
    same = shared_hub.post(INTERFACES, sent)
    assert (same.status, same.json["version"]) == (200, 1)
    changed = shared_hub.post(INTERFACES, {**sent, "sunset_at": "2030-01-01T00:00:00Z", "retire_after_days": 7})
    assert (changed.status, changed.json["version"], changed.json["retire_after_days"]) == (200, 2, 7)
    kept = shared_hub.post(INTERFACES, {**sent, "successor": "newer"}).json
    assert (kept["successor"], kept["retire_after_days"], kept["sunset_at"][:10]) == ("newer", 7, "2030-01-01")
    assert shared_hub.post(INTERFACES, {**sent, "sunset_at": None}).json["sunset_at"] is None
    assert reviewed(shared_hub, sent["name"])["version"] == 4


@pytest.mark.parametrize(
    ("path", "document", "pointer"),
    [
        (INTERFACES, {"kind": "soap", "name": "x", "successor": "y"}, "/kind"),
        (INTERFACES, {"kind": "cli", "name": "", "successor": "y"}, "/name"),
        (INTERFACES, {"kind": "cli", "name": " ", "successor": "y"}, "/name"),
        (INTERFACES, {"kind": "cli", "name": "x"}, "/successor"),
        (INTERFACES, {"kind": "cli", "name": "x", "successor": "y", "retire_after_days": 0}, "/retire_after_days"),
        (INTERFACES, {"kind": "cli", "name": "x", "successor": "y", "sunset_at": "soon"}, "/sunset_at"),
        (USES, {"kind": "cli", "name": "nobody registered this"}, "/name"),
        (USES, {"kind": "rest", "name": "create_workstream"}, "/name"),
        (USES, {"kind": "cli", "name": "x", "caller": "me"}, "/caller"),
    ],
)
def test_what_breaks_a_rule_is_refused(shared_hub: Hub, path: str, document: Any, pointer: str) -> None:
    found = problem(shared_hub.post(path, document), 422, path=path)
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_uses_are_counted_by_day_and_caller(shared_hub: Hub, name: str) -> None:
    first = use(shared_hub, name, "custodian/1")
    assert first.status == 201
    assert (first.json["caller"], first.json["uses"], first.json["successor"]) == ("custodian/1", 1, "new")
    age(shared_hub, name, 3)
    use(shared_hub, name, "custodian/1")
    use(shared_hub, name, "another")
    assert use(shared_hub, name, "another").json["uses"] == 2
    found = reviewed(shared_hub, name)
    assert found["total"] == 4
    assert [(item["caller"], item["uses"]) for item in found["uses"]] == [
        ("another", 2), ("custodian/1", 1), ("custodian/1", 1),
    ]  # fmt: skip
    assert found["uses"][0]["used_on"] > found["uses"][2]["used_on"]
    assert found["last_used_at"][:10] == found["uses"][0]["used_on"]


def test_uses_of_over_90_days_ago_count_only_in_the_total(shared_hub: Hub, name: str) -> None:
    use(shared_hub, name)
    age(shared_hub, name, 90)
    found = reviewed(shared_hub, name)
    assert (found["total"], found["uses"]) == (1, [])


def test_a_caller_without_a_name_is_unknown_and_a_long_one_is_cut(shared_hub: Hub, name: str) -> None:
    assert use(shared_hub, name, "").json["caller"] == "unknown"
    assert use(shared_hub, name, "x" * 1000).json["caller"] == "x" * 200
    assert use(shared_hub, name, "a\x9b31mb").json["caller"] == "a31mb"


def test_uses_at_once_are_all_counted(shared_hub: Hub, name: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert [answer.status for answer in pool.map(lambda _: use(shared_hub, name), range(40))] == [201] * 40
    assert reviewed(shared_hub, name)["total"] == 40


def test_a_use_with_a_key_is_counted_once(shared_hub: Hub, name: str) -> None:
    for _ in range(2):
        answer = shared_hub.post(USES, {"kind": "cli", "name": name}, Idempotency_Key=f"use of {name}")
        assert (answer.status, answer.json["uses"]) == (201, 1)


def test_one_that_is_used_stays(shared_hub: Hub, name: str) -> None:
    use(shared_hub, name, "ada")
    found = reviewed(shared_hub, name)
    assert found["may_retire"] is False
    assert "by ada; without a use it is quiet long enough on" in found["why"]
    assert found["why"].endswith("it has no sunset: it stays")


@pytest.mark.parametrize(("days", "may"), [(29, False), (30, True)])
def test_one_that_nobody_used_for_its_days_may_be_removed(shared_hub: Hub, name: str, days: int, may: bool) -> None:
    age(shared_hub, name, days)
    found = reviewed(shared_hub, name)
    assert found["may_retire"] is may
    assert found["why"].startswith("no use since it was registered on")
    use(shared_hub, name)
    assert reviewed(shared_hub, name)["may_retire"] is False
    age(shared_hub, name, days)
    assert reviewed(shared_hub, name)["may_retire"] is may


@pytest.mark.parametrize(("sunset", "may"), [("2020-01-01T00:00:00Z", True), ("9000-01-01T00:00:00Z", False)])
def test_one_whose_sunset_is_to_come_stays(shared_hub: Hub, name: str, sunset: str, may: bool) -> None:
    age(shared_hub, name, 40)
    shared_hub.post(INTERFACES, {"kind": "cli", "name": name, "successor": "new", "sunset_at": sunset})
    found = reviewed(shared_hub, name)
    assert found["may_retire"] is may
    assert sunset[:10] in found["why"]


def test_counting_bumps_no_section_and_tells_nobody(hub: Hub) -> None:
    before = hub.settled()
    announced = hub.cache.announced_at
    hub.post(INTERFACES, {"kind": "cli", "name": "x", "successor": "y"})
    written = use(hub, "x")
    # what is told after it is told in its order: so nothing was told of it
    assert hub.get(SUMMARY + "?refresh=true").json["revision"]["core"] == before.json["revision"]["core"]
    assert (
        written.headers["X-StateHub-Revision"].split(".")[1:3] == before.headers["X-StateHub-Revision"].split(".")[1:3]
    )
    assert hub.cache.announced_at == announced
    hub.created("/topics", slug="told", title="Told", domain="energy")
    eventually(lambda: hub.cache.announced_at > announced, "a change that matters is told")
