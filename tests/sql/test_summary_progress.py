"""summary_progress(): the twenty events that happened last."""

import json
from contextlib import closing
from typing import Any

from tests.sql.world import API, Connection, Database, insert, make_decision, make_plan, make_task, value


def recent(connection: Connection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(value(connection, "select summary_progress()"))["recent_progress"]
    return found


def said(connection: Connection, summary: str, occurred_at: str) -> None:
    insert(connection, "progress_events", summary=summary, author="me", occurred_at=occurred_at)


def test_it_has_the_last_twenty_by_when_they_happened_newest_first(api: Connection) -> None:
    days = [*range(9, 26), *range(1, 9)]
    for day in days:
        said(api, f"day {day}", f"2099-01-{day:02}")
    assert [event["summary"] for event in recent(api)] == [f"day {day}" for day in range(25, 5, -1)]


def test_what_happened_at_once_comes_the_last_written_first(api: Connection) -> None:
    for number in range(25):
        said(api, f"number {number}", "2099-01-01")
    assert [event["summary"] for event in recent(api)] == [f"number {number}" for number in range(24, 4, -1)]


def test_an_event_names_what_it_is_about_by_short_name(api: Connection) -> None:
    plan = make_plan(api, code="P")
    task = make_task(api, plan, code="T")
    decision = make_decision(api, code="D")
    topic, repo = (value(api, f"select id from {table} limit 1") for table in ("topics", "managed_repos"))
    slug = value(api, "select slug from topics where id = %s", topic)
    insert(
        api, "progress_events", summary="said", author="me", occurred_at="2099-01-01 12:00+02",
        event_type="milestone", author_kind="agent", detail="{}",
        repo=repo, topic=topic, workplan=plan, task=task, decision=decision,
    )  # fmt: skip
    event = recent(api)[0]
    assert list(event) == [
        "id", "event_type", "summary", "author", "author_kind", "repo", "topic", "workplan", "task", "decision",
        "created_at", "occurred_at",
    ]  # fmt: skip
    del event["id"], event["created_at"]
    assert event == {
        "event_type": "milestone", "summary": "said", "author": "me", "author_kind": "agent", "repo": "alpha",
        "topic": slug, "workplan": "P", "task": "T", "decision": "D", "occurred_at": "2099-01-01T10:00:00+00:00",
    }  # fmt: skip


def test_it_depends_on_no_setting_of_the_session(database: Database, api: Connection) -> None:
    said(api, "said", "2099-01-01")
    with closing(database.connect(f"{API} -c timezone=Asia/Kathmandu -c datestyle=German")) as other:
        assert value(other, "select summary_progress()") == value(api, "select summary_progress()")


def test_a_hub_without_events_has_an_empty_list(owner: Connection) -> None:
    owner.execute("alter table progress_events disable trigger append_only; truncate progress_events")
    assert recent(owner) == []
