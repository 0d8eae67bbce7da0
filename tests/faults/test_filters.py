"""Whom a change concerns: the filters of /state/wait and /state/events."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import temporary_database
from tests.faults.sse import following
from tests.running import Hub, eventually, problem, running

Names = dict[str, str]


@pytest.fixture(scope="module")
def hub(server: str, template: str) -> Iterator[Hub]:
    with temporary_database(server, template) as database, running(database) as hub:
        eventually(lambda: hub.listener.is_up)
        yield hub


@pytest.fixture(scope="module")
def names(hub: Hub) -> Names:
    """Two repositories with a plan and a task each."""
    found: Names = {}
    for number in ("1", "2"):
        hub.created("/repos", slug=f"repo-{number}", name="Repo", domain="infotech")
        plan = hub.created("/workplans", repo=f"repo-{number}", title="Plan", status="active")["code"]
        found |= {f"plan{number}": plan, f"task{number}": hub.created("/tasks", workplan=plan, title="Task")["code"]}
    return found


def make(hub: Hub, names: Names, change: str) -> None:
    """Something happens."""
    match change.split():
        case ["note", number]:
            hub.created("/progress", summary="a note", workplan=names[f"plan{number}"], repo=f"repo-{number}")
        case ["task", number]:
            answer = hub.patch(f"/tasks/{names[f'task{number}']}", {"priority": 1}, X_StateHub_Author="ada")
            assert answer.status == 200
            again = hub.patch(f"/tasks/{names[f'task{number}']}", {"priority": 2}, X_StateHub_Author="ada")
            assert again.status == 200
        case ["decision", number]:
            hub.created("/decisions", workplan=names[f"plan{number}"], title="Which?")
        case ["unexplained"]:  # no event tells of it
            hub.execute("update domains set description = description || 'x' where slug = 'infotech'")
        case _:
            raise AssertionError(change)


CASES = [
    ("section=core", "note 1", None),
    ("section=core", "task 1", ["core"]),
    ("section=progress", "task 1", ["progress"]),
    ("section=progress", "unexplained", None),
    ("repo=repo-1", "task 1", ["core", "progress"]),
    ("repo=REPO-1", "note 1", ["progress"]),
    ("repo=repo-1", "task 2", None),
    ("repo=repo-1", "note 2", None),
    ("workplan={plan1}", "task 1", ["core", "progress"]),
    ("workplan={plan1}", "task 2", None),
    ("author=ada", "task 1", ["core", "progress"]),
    ("author=ada", "note 1", None),
    ("author=bob", "task 1", None),
    ("kind=task", "task 1", ["core", "progress"]),
    ("kind=decision", "task 1", None),
    ("kind=decision", "decision 1", ["core", "progress"]),
    ("kind=progress", "note 1", ["progress"]),
    ("kind=topic", "note 1", None),
    ("kind=task&repo=repo-2&section=core", "task 2", ["core"]),
    ("repo=repo-1", "unexplained", ["core"]),
    ("author=bob&section=core", "unexplained", ["core"]),
]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize(("query", "change", "sections"), CASES)
def test_who_waits_is_told_of_what_concerns_them(
    hub: Hub, names: Names, query: str, change: str, sections: list[str] | None, when: str
) -> None:
    since = hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"]
    path = f"/state/wait?since={since}&timeout={'5' if sections else '0.2'}&" + query.format(**names)
    if when == "before":
        make(hub, names, change)
        hub.get("/state/summary?refresh=true")
        answer = hub.get(path)
    else:
        with ThreadPoolExecutor() as pool:
            waiting = len(hub.state["feed"].subscribers)
            job = pool.submit(hub.get, path)
            eventually(lambda: len(hub.state["feed"].subscribers) > waiting or job.done())
            make(hub, names, change)
            answer = job.result()
    if sections is None:
        assert answer.status == 204, answer.body
        assert answer.headers["X-StateHub-Revision"] == since
    else:
        assert answer.status == 200
        assert set(answer.json["sections"]) <= set(sections)
        assert answer.json["sections"]


@pytest.mark.parametrize(("query", "change", "sections"), CASES)
def test_who_follows_is_told_of_what_concerns_them(
    hub: Hub, names: Names, query: str, change: str, sections: list[str] | None
) -> None:
    hub.get("/state/summary?refresh=true")
    wanted = query.format(**names)
    only = [part.removeprefix("section=") for part in wanted.split("&") if part.startswith("section=")]
    with following(hub.port, f"?{wanted}") as client:
        client.first(*only)
        make(hub, names, change)
        if sections is None:
            hub.get("/state/summary?refresh=true")
            assert client.change(within_s=0.15) is None
        else:
            told = {found["section"] for _ in sections if (found := client.change())}
            assert told == set(sections)


def test_a_filter_that_it_does_not_know_is_malformed(hub: Hub) -> None:
    for query in ("section=all", "kind=thing", "colour=red", "repo=a&repo=b"):
        problem(hub.get(f"/state/events?{query}"), 400)
