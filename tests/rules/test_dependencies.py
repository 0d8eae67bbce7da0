"""Over HTTP: what waits for what exists, has no cycle, and is told in the log when it comes and goes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.running import Hub, problem

KINDS = ["tasks", "workplans"]
Make = Callable[[str], str]


@pytest.fixture
def make(shared_hub: Hub, plan: str, fresh: Callable[[str], str]) -> Make:
    """A row of this kind, in a repository of its own."""

    def make(kind: str) -> str:
        repo = shared_hub.created("/repos", slug=fresh("repo"), name="Repo", domain="energy")["slug"]
        code = str(shared_hub.created("/workplans", repo=repo, title="Plan")["code"])
        return code if kind == "workplans" else str(shared_hub.created("/tasks", workplan=code, title="Task")["code"])

    return make


def depend(hub: Hub, kind: str, waits: str, needs: str, **headers: str) -> int:
    return hub.post(f"/{kind}/{waits}/dependencies", {"depends_on": needs}, **headers).status


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [2, 3, 5])
def test_a_cycle_is_refused_within_and_across_repositories(shared_hub: Hub, make: Make, kind: str, length: int) -> None:
    names = [make(kind) for _ in range(length)]
    for waits, needs in pairwise(names):
        assert depend(shared_hub, kind, waits, needs.lower()) == 201
    path = f"/{kind}/{names[-1]}/dependencies"
    found = problem(shared_hub.post(path, {"depends_on": names[0]}), 409)
    assert [error["pointer"] for error in found["errors"]] == ["/depends_on"]
    assert "closes a cycle" in found["detail"]
    assert shared_hub.get(f"/{kind}/{names[-1]}").json["depends_on"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_or_itself_is_invalid_and_what_is_there_already_a_conflict(
    shared_hub: Hub, make: Make, kind: str
) -> None:
    one, two = make(kind), make(kind)
    for needs in ("nowhere", one, one.swapcase(), None, "", 7):
        found = problem(shared_hub.post(f"/{kind}/{one}/dependencies", {"depends_on": needs}), 422)
        assert [error["pointer"] for error in found["errors"]] == ["/depends_on"]
    assert depend(shared_hub, kind, one, two) == 201
    problem(shared_hub.post(f"/{kind}/{one}/dependencies", {"depends_on": two}), 409)


@pytest.mark.parametrize("kind", KINDS)
def test_writers_who_only_together_close_a_cycle_are_not_all_served(shared_hub: Hub, make: Make, kind: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in range(6):
            one, two = make(kind), make(kind)
            edges = [(one, two), (two, one)]
            states = list(pool.map(lambda edge: depend(shared_hub, kind, *edge), edges))
            assert sorted(states) == [201, 409]


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_and_what_goes_are_an_event_each(
    shared_hub: Hub, make: Make, kind: str, fresh: Callable[[str], str]
) -> None:
    one, two, author = make(kind), make(kind), fresh("author")
    assert depend(shared_hub, kind, one, two, X_StateHub_Author=author) == 201
    assert shared_hub.get(f"/{kind}/{one}").json["depends_on"] == [two]
    gone = shared_hub.delete(f"/{kind}/{one}/dependencies/{two}", X_StateHub_Author=author)
    assert (gone.status, gone.json["depends_on"]) == (200, [])
    events = shared_hub.get(f"/progress?author={author}").json["items"]
    assert [event["summary"].split(" ", 1)[1] for event in events] == [
        f"{one} no longer depends on {two}",
        f"{one} depends on {two}",
    ]
    problem(shared_hub.delete(f"/{kind}/{one}/dependencies/{two}"), 404)
