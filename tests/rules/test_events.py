"""Over HTTP: every change is in the log, whoever made it; and nothing is deleted."""

from collections.abc import Callable

import pytest

from tests.running import API, OWNER, Hub, problem

ABOUT = {"topics": "topic", "repos": "repo", "workplans": "workplan", "tasks": "task", "decisions": "decision"}
KINDS = list(ABOUT)


@pytest.mark.parametrize(
    "options", [API, OWNER, "-c search_path=statehub", "-c search_path=statehub -c session_replication_role=replica"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_change_by_psql_is_in_the_log_with_its_author_and_columns(
    shared_hub: Hub, paths: dict[str, str], kind: str, options: str, fresh: Callable[[str], str]
) -> None:
    author = fresh("psql")
    table = "managed_repos" if kind == "repos" else kind
    label = "name" if kind == "repos" else "title"
    row = shared_hub.get(paths[kind]).json
    shared_hub.execute(
        f"update {table} set {label} = 'By psql' where id = %s",
        row["id"],
        options=f"{options} -c statehub.author={author}",
    )
    [event] = shared_hub.get(f"/progress?author={author}").json["items"]
    assert event["detail"]["columns"] == [label]
    assert event[ABOUT[kind]] == (row.get("code") or row["slug"])
    assert event["author_kind"] == "human"


def test_a_change_by_psql_without_a_name_is_by_the_database_user(shared_hub: Hub, task: str) -> None:
    shared_hub.execute("update tasks set status = 'done' where code = %s", task)
    event = shared_hub.get(f"/progress?task={task}&limit=1").json["items"][0]
    assert event["author"] == shared_hub.database.value("select session_user::text")
    assert event["detail"]["status"] == ["todo", "done"]


def test_a_bulk_statement_writes_one_event_for_all(shared_hub: Hub, plan: str, fresh: Callable[[str], str]) -> None:
    author = fresh("bulk")
    shared_hub.execute(
        "insert into tasks (workplan, title) select id, 'x' from workplans, generate_series(1, 30) where code = %s",
        plan,
        options=f"{API} -c statehub.bulk=on -c statehub.author={author}",
    )
    [event] = shared_hub.get(f"/progress?author={author}").json["items"]
    assert (event["summary"], event["detail"]["count"]) == ("30 tasks created", 30)


@pytest.mark.parametrize("kind", KINDS)
def test_delete_ends_a_row_and_deletes_nothing(shared_hub: Hub, paths: dict[str, str], kind: str) -> None:
    table = "managed_repos" if kind == "repos" else kind
    before = shared_hub.database.value(f"select count(*) from {table}")
    ended = shared_hub.delete(paths[kind]).json
    assert shared_hub.get(paths[kind]).json == ended
    assert shared_hub.database.value(f"select count(*) from {table}") == before


def test_what_is_in_the_log_stays_there_for_the_owner_too(shared_hub: Hub) -> None:
    event = shared_hub.created("/progress", summary="It was so", event_type="milestone")
    for statement in (
        "update progress_events set summary = 'x'",
        "delete from progress_events",
        "truncate progress_events",
    ):
        with pytest.raises(Exception, match="append-only"):
            shared_hub.execute(statement)
    assert event in shared_hub.get("/progress?event_type=milestone&limit=500").json["items"]
    for method in ("PUT", "PATCH", "DELETE"):
        problem(shared_hub.ask(method, "/progress", {}), 405)


@pytest.mark.parametrize(
    ("change", "trigger"),
    [
        ("disable trigger record_update", "tasks.record_update"),
        ("enable trigger prepare", "tasks.prepare"),
        ("disable trigger user", "tasks.gate"),
    ],
)
def test_a_hub_whose_rules_are_off_is_not_ready_and_says_which(hub: Hub, change: str, trigger: str) -> None:
    hub.settled()
    hub.execute(f"alter table tasks {change}")
    found = hub.get("/state/ready")
    assert found.status == 503
    assert any(trigger in text and "custodian migrate --reload" in text for text in found.json["problems"])
