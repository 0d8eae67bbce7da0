"""`/state/health` and `/state/ready`: is it alive, and may it be trusted."""

from typing import Any

import pytest

from statehub import __version__
from tests.running import SUMMARY, Hub, eventually, linked, problem, running

WATCHED = {
    "decisions", "domains", "managed_repos", "progress_events", "task_dependencies", "tasks", "topics",
    "workplan_dependencies", "workplans",
}  # fmt: skip


def ready(hub: Hub) -> Any:
    answer = hub.get("/state/ready")
    return answer.json | {"code": answer.status}


def becomes_ready(hub: Hub, status: str = "ready") -> Any:
    return eventually(lambda: found if (found := ready(hub))["status"] == status else None, status, within_s=10)


def test_it_is_healthy_when_the_database_answers(shared_hub: Hub) -> None:
    answer = shared_hub.get("/state/health")
    assert answer.status == 200
    assert answer.json == {"status": "ok", "database": "up", "version": __version__}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_probe_does_not_wake_the_builder(database: Any) -> None:
    with running(database, poll_interval=3600.0) as hub:
        becomes_ready(hub)  # the listener's resync is over
        hub.settled()
        want = hub.cache.want
        for _ in range(5):
            assert hub.get("/state/health").status == 200
        assert hub.cache.want == want


def test_it_is_not_healthy_while_the_database_is_away(database: Any) -> None:
    with linked(database) as link, running(database, through=link.url, poll_interval=0.05) as hub:
        hub.settled()
        link.refuse()
        answer = eventually(lambda: answer if (answer := hub.get("/state/health")).status == 503 else None)
        assert answer.json["status"] == "error"
        assert answer.json["database"] == "down"
        assert answer.json["version"] == __version__
        assert int(answer.headers["Retry-After"]) > 0
        found = ready(hub)
        assert (found["code"], found["status"], found["revision"]) == (503, "not ready", {})
        assert any("away" in line for line in found["problems"])
        problem(hub.get("/topics"), 503, path="/topics")
        problem(hub.post("/progress", {"summary": "lost"}), 503, path="/progress")
        link.accept()
        eventually(lambda: hub.get("/state/health").status == 200, within_s=10)
        becomes_ready(hub)


def test_it_is_ready_once_a_summary_is_built_and_the_listener_listens(hub: Hub) -> None:
    found = becomes_ready(hub)
    assert (found["code"], found["problems"], found["listener"]) == (200, [], "up")
    assert found["version"] == __version__
    assert 0 <= found["verified_age_s"] < 5
    assert list(found["revision"]) == ["epoch", "core", "progress"]
    assert set(found["tables"]) == WATCHED
    core = sum(revision for table, revision in found["tables"].items() if table != "progress_events")
    assert core == found["revision"]["core"]
    assert found["tables"]["progress_events"] == found["revision"]["progress"]


def test_a_write_moves_the_revision_of_its_table_and_of_no_other(database: Any) -> None:
    with running(database, poll_interval=3600.0) as hub:
        before = becomes_ready(hub)["tables"]
        hub.created("/progress", summary="something")
        after = ready(hub)["tables"]
        assert {table for table in after if after[table] != before[table]} == {"progress_events"}


@pytest.mark.parametrize(
    "harm",
    [
        "update code_files set checksum = 'another'",
        "delete from _yoyo_migration where migration_id = (select max(migration_id) from _yoyo_migration)",
    ],
)
def test_it_is_not_ready_when_the_schema_is_not_at_head_and_says_what_to_do(hub: Hub, harm: str) -> None:
    becomes_ready(hub)
    hub.execute(harm)
    found = ready(hub)
    assert (found["code"], found["status"]) == (503, "not ready")
    assert found["problems"] == ["the schema is not at head; run: custodian migrate"]
    assert hub.get("/state/health").status == 200, "alive all the same"
    assert hub.get(SUMMARY).status == 200


@pytest.mark.parametrize("how", ["disable trigger ledger_update", "enable replica trigger ledger_update"])
def test_it_is_not_ready_when_a_trigger_is_off_and_names_it(hub: Hub, how: str) -> None:
    becomes_ready(hub)
    hub.execute(f"alter table tasks {how}")
    found = ready(hub)
    assert found["code"] == 503
    [line] = found["problems"]
    assert "tasks.ledger_update" in line
    assert "custodian migrate" in line
    hub.execute("alter table tasks enable always trigger ledger_update")
    assert ready(hub)["code"] == 200


def test_it_is_not_ready_when_a_trigger_is_gone(hub: Hub) -> None:
    becomes_ready(hub)
    hub.execute("drop trigger ledger_truncate on decisions")
    assert "decisions.ledger_truncate" in str(ready(hub)["problems"])


def test_without_its_listener_it_is_degraded_and_still_ready(database: Any) -> None:
    with linked(database) as link, running(database, listen_url=link.url, poll_interval=0.05) as hub:
        becomes_ready(hub)
        link.refuse()
        found = becomes_ready(hub, "degraded")
        assert (found["code"], found["listener"], found["problems"]) == (200, "down", [])
        hub.execute("update topics set title = 'Polled' where slug = 'platform'")
        eventually(lambda: b"Polled" in hub.get(SUMMARY).body, "the poll carries on")
        link.accept()
        becomes_ready(hub)


def test_a_listener_that_is_switched_off_is_no_fault(database: Any) -> None:
    with running(database, listen=False) as hub:
        assert becomes_ready(hub)["listener"] == "off"


def test_it_is_not_ready_before_its_first_summary(database: Any) -> None:
    with running(database, poll_interval=3600.0) as hub:
        hub.settled()
        hub.cache.snapshot = None
        found = ready(hub)
        assert (found["code"], found["verified_age_s"]) == (503, None)
        assert found["problems"] == ["no summary has been built yet"]


@pytest.mark.parametrize("path", ["/state/health", "/state/ready"])
def test_a_probe_may_come_as_head_and_with_a_slash_and_in_no_other_way(hub: Hub, path: str) -> None:
    hub.settled()
    head = hub.ask("HEAD", path + "/")
    assert (head.status, head.body) == (200, b""), hub.get(path).body
    for method in ("POST", "PUT", "DELETE"):
        answer = hub.ask(method, path, body=b"{}")
        problem(answer, 405, path=path)
        assert answer.headers["Allow"] == "GET, HEAD"
