"""Lists: filters, fields, limits, and pages that neither repeat nor skip."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.running import API, Hub, problem

KINDS = ("domains", "topics", "repos", "workplans", "tasks", "decisions", "progress")
NEXT = re.compile(r'<([^>]+)>; rel="next"')


@pytest.fixture(scope="module")
def world(shared_hub: Hub) -> dict[str, Any]:
    """Rows that belong to this module."""
    hub = shared_hub
    for repo, domain in (("list-a", "infotech"), ("list-b", "energy")):
        hub.created("/repos", slug=repo, name=repo, domain=domain)
    for code, repo, status in (("LA", "list-a", "active"), ("LB", "list-b", "ready"), ("LC", "list-b", "blocked")):
        hub.created(
            "/workplans", code=code, repo=repo, title=code, status=status, owner="ada" if code == "LA" else "bob"
        )
    hub.created("/decisions", workplan="LA", title="Which way?")
    for number in range(12):
        hub.created(
            "/tasks",
            workplan="LA",
            code=f"LA-{number:02}",
            title=f"Task {number}",
            status=["todo", "wait", "done"][number % 3],
            assignee=["ada", "Ådam O'Neil, Jr.", None][number % 3],
            priority=number % 5,
        )
    return {}


def items(hub: Hub, path: str) -> list[Any]:
    answer = hub.get(path)
    assert answer.status == 200, answer.body
    assert list(answer.json) == ["items", "next_cursor"]
    found: list[Any] = answer.json["items"]
    return found


def pages(hub: Hub, path: str) -> Iterator[list[Any]]:
    """Every page, by way of the Link header."""
    while True:
        answer = hub.get(path)
        assert answer.status == 200, answer.body
        yield answer.json["items"]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json["next_cursor"] is None)
        if not link:
            return
        [following] = NEXT.findall(link)
        assert quote(answer.json["next_cursor"]) in following
        assert following != path, "the same page again"
        path = following


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_list_of_rows_as_they_are_served(shared_hub: Hub, world: Any, kind: str) -> None:
    answer = shared_hub.get(f"/{kind}?limit=1")
    assert answer.headers["Content-Type"] == "application/json"
    for row in answer.json["items"]:
        if kind != "progress":
            assert shared_hub.get(f"/{kind}/{row['id']}").json == row
    assert items(shared_hub, f"/{kind}/?limit=1")[0]["id"], "with a slash too"
    assert shared_hub.ask("HEAD", f"/{kind}").status == 200


def test_an_empty_list_is_a_list(shared_hub: Hub, world: Any) -> None:
    answer = shared_hub.get("/tasks?workplan=LB")
    assert answer.json == {"items": [], "next_cursor": None}
    assert "Link" not in answer.headers


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=todo", [0, 3, 6, 9]),
        ("status=todo&status=wait", [0, 1, 3, 4, 6, 7, 9, 10]),
        ("status=todo&priority=0", [0]),
        ("priority=0&priority=1", [0, 1, 5, 6, 10, 11]),
        ("assignee=ada", [0, 3, 6, 9]),
        (urlencode({"assignee": "Ådam O'Neil, Jr."}), [1, 4, 7, 10]),
        ("assignee=ada%25", []),
        ("code=la-03&code=LA-04", [3, 4]),
        ("repo=LIST-A&status=done", [2, 5, 8, 11]),
        ("repo=list-b", []),
        ("parent=LA-01", []),
        ("code=LA-00&code=nothing-of-the-kind", [0]),
    ],
)
def test_a_filter_keeps_what_has_one_of_its_values(shared_hub: Hub, world: Any, query: str, numbers: list[int]) -> None:
    found = items(shared_hub, f"/tasks?workplan=la&{query}&fields=code")
    assert found == [{"code": f"LA-{number:02}"} for number in numbers]


def test_workplans_are_filtered_by_what_people_ask_for(shared_hub: Hub, world: Any) -> None:
    def codes(query: str) -> list[str]:
        return [row["code"] for row in items(shared_hub, f"/workplans?{query}&code=LA&code=LB&code=LC")]

    assert codes("owner=bob") == ["LB", "LC"]
    assert codes("domain=energy&status=ready") == ["LB"]
    assert codes("repo=list-a") == ["LA"]
    assert codes("topic=platform") == []


def test_events_are_filtered_and_come_newest_first(shared_hub: Hub, world: Any) -> None:
    for number in range(3):
        shared_hub.created("/progress", summary=f"n{number}", author="lister", event_type="milestone", workplan="LA")
    found = items(shared_hub, "/progress?author=lister&event_type=milestone&workplan=la&fields=summary")
    assert found == [{"summary": "n2"}, {"summary": "n1"}, {"summary": "n0"}]
    assert items(shared_hub, "/progress?author=lister&author_kind=human") == []


@pytest.mark.parametrize("fields", ["code,title", "title,code", "code", "status,id,code"])
def test_fields_are_those_that_were_asked_for_in_that_order(shared_hub: Hub, world: Any, fields: str) -> None:
    for row in items(shared_hub, f"/tasks?workplan=LA&limit=3&fields={fields}"):
        assert list(row) == fields.split(",")


def test_a_list_without_a_limit_has_fifty_rows(shared_hub: Hub) -> None:
    for number in range(60):
        shared_hub.created("/progress", summary=f"{number}", author="fifty")
    answer = shared_hub.get("/progress?author=fifty")
    assert len(answer.json["items"]) == 50
    assert answer.json["next_cursor"]
    assert len(items(shared_hub, "/progress?author=fifty&limit=500")) == 60


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 11, 12, 13, 500])
def test_pages_together_are_the_whole_list(shared_hub: Hub, world: Any, limit: int) -> None:
    found = list(pages(shared_hub, f"/tasks?workplan=LA&fields=code&limit={limit}"))
    assert [row["code"] for page in found for row in page] == [f"LA-{number:02}" for number in range(12)]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1], "no empty page at the end"


def test_the_next_page_keeps_filters_and_fields(shared_hub: Hub, world: Any) -> None:
    query = urlencode(
        [("workplan", "LA"), ("status", "wait"), ("assignee", "Ådam O'Neil, Jr."), ("fields", "code,status")]
    )
    found = [row for page in pages(shared_hub, f"/tasks?{query}&limit=1") for row in page]
    assert found == [{"code": f"LA-{number:02}", "status": "wait"} for number in (1, 4, 7, 10)]


@pytest.mark.parametrize("sort", ["code", "-code", "priority", "-created_at", "due_at"])
def test_an_order_is_kept_from_page_to_page(shared_hub: Hub, world: Any, sort: str) -> None:
    whole = items(shared_hub, f"/tasks?workplan=LA&sort={sort}&fields=code,priority,created_at")
    found = [row for page in pages(shared_hub, f"/tasks?workplan=LA&sort={sort}&limit=5") for row in page]
    assert [row["code"] for row in found] == [row["code"] for row in whole]
    if (by := sort.lstrip("-")) != "due_at":
        assert [row[by] for row in whole] == sorted((row[by] for row in whole), reverse=sort.startswith("-"))


def test_a_cursor_of_another_order_is_malformed(shared_hub: Hub, world: Any) -> None:
    given = shared_hub.get("/tasks?workplan=LA&limit=1&sort=code").json["next_cursor"]
    assert "next_cursor" in problem(shared_hub.get(f"/tasks?cursor={given}&sort=-code"), 400)["detail"]


@pytest.mark.parametrize(
    "query", ["sort=colour", "sort=--code", "sort=", "since=yesterday", "until=0", "since=2026-01-01"]
)
def test_an_order_or_a_time_that_is_none_is_malformed(shared_hub: Hub, query: str) -> None:
    assert problem(shared_hub.get(f"/tasks?{query}"), 400)["detail"].startswith(query.split("=")[0])


def test_what_was_changed_since_a_time_is_listed(shared_hub: Hub, world: Any) -> None:
    row = shared_hub.get("/tasks/LA-04").json
    moment = quote(row["updated_at"])
    since = {each["code"] for each in items(shared_hub, f"/tasks?workplan=LA&since={moment}")}
    until = {each["code"] for each in items(shared_hub, f"/tasks?workplan=LA&until={moment}")}
    assert (since & until, since | until) == (set(), {f"LA-{number:02}" for number in range(12)})
    assert row["code"] in since


@pytest.mark.parametrize("kind", ["tasks", "progress"])
def test_pages_repeat_no_row_and_skip_none_while_others_write(shared_hub: Hub, kind: str) -> None:
    hub, tag = shared_hub, f"busy-{kind}"
    hub.created("/repos", slug=tag, name=tag, domain="infotech")
    hub.created("/workplans", repo=tag, code=tag, title=tag)
    over = threading.Event()

    def insert(connection: Any, number: int) -> None:
        if kind == "tasks":
            query = "insert into tasks (workplan, title) values (row_id('workplans', %s), %s)"
        else:
            query = "insert into progress_events (author, summary) values (%s, %s)"
        connection.execute(query, [tag, str(number)])

    def write() -> None:
        with closing(hub.database.connect(API)) as connection:
            while not over.is_set():
                insert(connection, 1000)

    with closing(hub.database.connect(API)) as connection:
        for number in range(100):
            insert(connection, number)
    path = f"/tasks?workplan={tag}&limit=7" if kind == "tasks" else f"/progress?author={tag}&event_type=note&limit=7"
    column = "title" if kind == "tasks" else "summary"
    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        found: list[Any] = []
        for page in pages(hub, path):
            found += page
            if len({row[column] for row in found} - {"1000"}) == 100:
                break
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert len({row["id"] for row in found}) == len(found), "a row came twice"
    old = [int(row[column]) for row in found if row[column] != "1000"]
    assert old == sorted(range(100), reverse=kind == "progress")


# --- what is not taken


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_parameter_is_malformed_and_the_known_ones_are_named(shared_hub: Hub, kind: str) -> None:
    filters = shared_hub.database.value("select array_agg(name) from list_filters where kind = %s", kind)
    detail = problem(shared_hub.get(f"/{kind}?colour=red"), 400, path=f"/{kind}")["detail"]
    assert all(name in detail for name in ("colour", *filters, "sort", "limit", "cursor", "fields"))


def test_an_unknown_field_is_malformed_and_the_known_ones_are_named(shared_hub: Hub) -> None:
    detail = problem(shared_hub.get("/tasks?fields=code,colour,queued"), 400)["detail"]
    assert detail.startswith("fields has no colour, queued; /tasks has id, code, workplan,")


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2",
        "sort=code&sort=code",
        "until=0&until=0",
        "fields=code&fields=title",
        "cursor=a&cursor=b",
    ],
)
def test_what_makes_sense_once_may_not_stand_twice(shared_hub: Hub, query: str) -> None:
    assert "stands twice" in problem(shared_hub.get(f"/tasks?{query}"), 400)["detail"]


@pytest.mark.parametrize(
    "limit",
    [
        "0", "501", "-1", "1.5", "ten", "", "%20", "1e2", "+5", "%D9%A1", "9" * 12, "000000001999999",
        "000000001" + "9" * 5000,
    ],
)  # fmt: skip
def test_a_limit_is_a_number_from_1_to_500(shared_hub: Hub, limit: str) -> None:
    assert "1 to 500" in problem(shared_hub.get(f"/tasks?limit={limit}"), 400)["detail"]


def cursor(key: Any) -> str:
    return quote(base64.urlsafe_b64encode(key if isinstance(key, bytes) else json.dumps(key).encode()).decode())


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "%F0%9F%98%80",
        "!!!!",
        "abcd",
        cursor(b"\xff\xfe"),
        cursor(b"[" * 3000),
        cursor(b"1" * 5000),
        cursor(b"tasks created_at {}"),
        cursor(b"tasks created_at []"),
        cursor(["2026-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000"]),
        cursor(b"progress -id [1]"),
        cursor(b'tasks code ["a"]'),
        cursor(b"tasks created_at "),
        cursor(b'tasks created_at {"a": 1}'),
        cursor(b'tasks created_at [["nested"]]'),
        cursor(b'tasks created_at ["x", null]'),
        cursor(b'tasks created_at ["\\ud800", "\\u0000"]'),
        cursor(b"tasks created_at " + b"[" * 3000),
        cursor(b"tasks created_at [" + b"1" * 5000 + b"]"),
        "",
    ],
)
def test_a_cursor_that_the_list_did_not_give_is_malformed(shared_hub: Hub, text: str) -> None:
    assert "next_cursor" in problem(shared_hub.get(f"/tasks?cursor={text}"), 400)["detail"]


def test_a_cursor_of_another_list_is_malformed(shared_hub: Hub, world: Any) -> None:
    given = shared_hub.get("/workplans?limit=1").json["next_cursor"]
    assert shared_hub.get(f"/workplans?cursor={given}").status == 200
    for kind in ("tasks", "progress", "domains"):
        assert "next_cursor" in problem(shared_hub.get(f"/{kind}?cursor={given}"), 400)["detail"]


@pytest.mark.parametrize(
    "key",
    [
        ["not a time", "00000000-0000-0000-0000-000000000000"],
        ["2026-01-01T00:00:00Z", "not an id"],
        ["2026-01-01T00:00:00Z"],
        [10**30, 10**30],
        [True, False],
    ],
)
def test_a_cursor_that_somebody_made_up_is_the_callers_fault(shared_hub: Hub, key: list[Any]) -> None:
    made_up = cursor(f"tasks created_at {json.dumps(key)}".encode())
    assert shared_hub.get(f"/tasks?cursor={made_up}").status in (200, 400)


@pytest.mark.parametrize(
    "query", ["status=finished", "status=%00", "priority=high", f"priority={10**30}", "priority=", "status=%ED%A0%80"]
)
def test_a_value_that_the_column_cannot_have_is_the_callers_fault(shared_hub: Hub, query: str) -> None:
    answer = shared_hub.get(f"/tasks?{query}")
    assert answer.status in (400, 422)
    problem(answer, answer.status, path="/tasks")


def test_a_filter_is_a_value_and_never_sql(shared_hub: Hub, world: Any) -> None:
    for value in ("'; drop table tasks; --", "%' or true --", "$1", "{a}", '"', "\\", "z" * 199):
        assert items(shared_hub, f"/tasks?workplan=LA&{urlencode({'assignee': value})}") == []
    assert items(shared_hub, "/tasks?workplan=LA")


def test_a_list_is_not_written(shared_hub: Hub) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = shared_hub.ask(method, "/tasks", body=b"{}")
        problem(answer, 405, path="/tasks")
        assert answer.headers["Allow"] == "GET, HEAD, POST"
