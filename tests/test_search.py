"""`/state/search`: over HTTP. What is found is tested in tests/sql/test_search.py."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.running import Hub, problem


@pytest.fixture(scope="module")
def world(shared_hub: Hub) -> Any:
    """Rows of this module's own word."""
    shared_hub.created("/repos", slug="search-a", name="Search A", domain="infotech")
    shared_hub.created("/workplans", code="SRCH-WP-0001", repo="search-a", title="Plan")
    for number in range(5):
        shared_hub.created(
            "/tasks", workplan="SRCH-WP-0001", title=f"tachyon {number}", status="wait" if number else "todo"
        )
    return None


def found(hub: Hub, query: str) -> Any:
    answer = hub.get(f"/state/search?{query}")
    assert answer.status == 200, answer.body
    assert list(answer.json) == ["items", "next_cursor"]
    return answer.json


def test_a_hit_leads_to_its_row(shared_hub: Hub, world: Any) -> None:
    for hit in found(shared_hub, "q=tachyon&limit=100")["items"]:
        row = shared_hub.get(hit["href"]).json
        assert str(row.get("code") or row["id"]) == hit["name"]
        assert hit["repo"] == "search-a"


def test_filters_are_those_of_lists(shared_hub: Hub, world: Any) -> None:
    hits = found(shared_hub, "q=tachyon&kind=task&repo=SEARCH-A&status=todo")["items"]
    assert [hit["title"] for hit in hits] == ["tachyon 0"]
    assert found(shared_hub, "q=tachyon&repo=nothing")["items"] == []
    assert found(shared_hub, "q=srch-wp-0001&limit=1")["items"][0]["kind"] == "workplan"


def test_pages_lead_on_until_there_is_no_more(shared_hub: Hub, world: Any) -> None:
    path, names, pages = "/state/search?q=tachyon&kind=task&limit=2", [], 0
    while path:
        answer = shared_hub.get(path)
        names += [hit["name"] for hit in answer.json["items"]]
        path, pages = answer.headers.get("Link", "")[1:].partition(">")[0], pages + 1
    assert pages == 3
    assert len(set(names)) == len(names) == 5


@pytest.mark.parametrize("q", ["", "a" * 501])
def test_a_query_has_one_to_five_hundred_characters(shared_hub: Hub, q: str) -> None:
    assert "q" in problem(shared_hub.get(f"/state/search?q={q}"), 400)["detail"]
    problem(shared_hub.get("/state/search"), 400)


@pytest.mark.parametrize(
    "q", ["ä" * 500, "𠀀" * 500, "a " * 250, '"' * 500, "-" * 500, "'\\:*&|!()<->" * 40, "or " * 160, "a-" * 250]
)
def test_whatever_is_typed_is_answered(shared_hub: Hub, world: Any, q: str) -> None:
    found(shared_hub, "q=" + quote(q))


@pytest.mark.parametrize(
    "query", ["q=a&nothing=1", "q=a&kind=domain", "q=a&limit=0", "q=a&limit=101", "q=a&cursor=x", "q=a%00"]
)
def test_what_cannot_be_asked_is_a_400(shared_hub: Hub, query: str) -> None:
    problem(shared_hub.get(f"/state/search?{query}"), 400)


def test_a_cursor_is_of_its_own_search(shared_hub: Hub, world: Any) -> None:
    cursor = found(shared_hub, "q=tachyon&kind=task&limit=2")["next_cursor"]
    found(shared_hub, f"q=tachyon&kind=task&limit=3&cursor={cursor}")
    problem(shared_hub.get(f"/state/search?q=other&cursor={cursor}"), 400)
