"""Random edits on both sides of random plans, then a sync: each is on both sides, or told as a conflict.

STATEHUB_SYNC_EXAMPLES says how many plans are tried; the test runs with few of them.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statehub.repos.reconcile import told_tasks
from statehub.repos.workplan_codes import Codes
from statehub.repos.workplan_file import read_workplan
from tests.checkouts import Checkout
from tests.running import Hub

EXAMPLES = int(os.environ.get("STATEHUB_SYNC_EXAMPLES", "40"))
MARKS = {"todo": " ", "progress": "/", "wait": "!", "done": "x", "cancel": "-"}
WORDS = st.sampled_from(["Alpha", "Über 😀", "a `b` *c*", "x: y", "1. z", "#4 (v2)"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": WORDS,
    "status": st.sampled_from(["todo", "progress", "wait", "done"]),
    "assignee": st.sampled_from([None, "ada", "bo", "Jörg M"]),
    "priority": st.integers(0, 4),
    "waiting_on": st.sampled_from([None, "rain", "a (b)", "ü"]),
    "depends_on": st.sampled_from([(), (0,), (1,), (0, 1)]),  # of tasks before it: no cycles
}
PLAN_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": WORDS, "status": st.sampled_from(["proposed", "active", "finished"]),
    "owner": st.sampled_from([None, "ada", "Jörg M"]),
}  # fmt: skip
TASKS = 4
Side = dict[tuple[int, str], Any]  # what is said of a task (-1: the plan)


def edits() -> st.SearchStrategy[Side]:
    one = st.sampled_from([(-1, name) for name in PLAN_VALUES] + [(t, name) for t in range(TASKS) for name in VALUES])

    def values(key: tuple[int, str]) -> st.SearchStrategy[tuple[tuple[int, str], Any]]:
        task, name = key
        found = (PLAN_VALUES if task < 0 else VALUES)[name]
        if name == "depends_on":
            found = found.map(lambda needs: tuple(need for need in needs if need < task))
        return st.tuples(st.just(key), found)

    return st.lists(one.flatmap(values), max_size=8).map(dict)


def text_of(code: str, side: Side, new: list[str]) -> str:
    """The file, by this test's own hand."""
    owner = f"owner: {side[-1, 'owner']}\n" if side[-1, "owner"] else ""
    text = f"---\nid: {code}\ntitle: '{side[-1, 'title']}'\nstatus: {side[-1, 'status']}\n{owner}---\nWhy.\n\n"
    for task in range(TASKS):
        said = {name: side[task, name] for name in VALUES}
        text += f"- [{MARKS[said['status']]}] T0{task + 1} {said['title']}"
        if said["assignee"]:
            text += f' @"{said["assignee"]}"' if " " in said["assignee"] else f" @{said['assignee']}"
        text += f" (P{said['priority']})"
        if said["depends_on"]:
            text += f" (depends: {', '.join(f'T0{need + 1}' for need in said['depends_on'])})"
        text += f" (waits: {said['waiting_on']})\n" if said["waiting_on"] else "\n"
    return text + "".join(f"- [ ] {title}\n" for title in new)


def in_hub(checkout: Checkout) -> Side:
    plan, tasks = checkout.plan(), checkout.tasks()
    found: Side = {(-1, name): plan[name] for name in PLAN_VALUES}
    for task in range(TASKS):
        row = tasks[f"T0{task + 1}"]
        found |= {(task, name): row[name] for name in VALUES}
        found[task, "depends_on"] = tuple(sorted(int(need[-2:]) - 1 for need in row["depends_on"]))
    return found


def in_file(checkout: Checkout) -> Side:
    plan = read_workplan(checkout.text(), Codes)
    assert plan is not None
    found: Side = {(-1, name): plan.front.values.get(name) for name in PLAN_VALUES}
    for task, values in enumerate(list(told_tasks(plan).values())[:TASKS]):
        found |= {(task, name): values[name] for name in VALUES}
        found[task, "depends_on"] = tuple(sorted(int(need[-2:]) - 1 for need in values["depends_on"]))
    return found


def change_hub(checkout: Checkout, before: Side, wanted: Side) -> None:
    for (task, name), value in wanted.items():
        path = f"/workplans/{checkout.code}" if task < 0 else f"/tasks/{checkout.code}-T0{task + 1}"
        if name != "depends_on":
            assert checkout.hub.patch(path, {name: value}).status == 200
            continue
        for need in set(before[task, name]) - set(value):
            checkout.hub.ask("DELETE", f"{path}/dependencies/{checkout.code}-T0{need + 1}")
        for need in set(value) - set(before[task, name]):
            checkout.hub.created(f"{path}/dependencies", depends_on=f"{checkout.code}-T0{need + 1}")


START: Side = {
    (-1, "title"): "Plan", (-1, "status"): "active", (-1, "owner"): "ada",
    **{(task, name): value for task in range(TASKS) for name, value in {
        "title": f"Task {task}", "status": "todo", "assignee": "bo", "priority": 2, "waiting_on": None,
        "depends_on": (),
    }.items()},
}  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(edits(), edits(), st.booleans(), st.booleans()), min_size=1, max_size=3))
def test_every_change_is_on_both_sides_or_told_as_a_conflict(
    shared_hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: list[tuple[Side, Side, bool, bool]]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    checkout = Checkout.made(shared_hub, tmp_path, None)
    base, file, hub = dict(START), dict(START), dict(START)
    checkout.write(text_of(checkout.code, file, []))
    checkout.synced()
    titles: list[str] = []
    for number, (file_edits, hub_edits, file_new, hub_new) in enumerate(rounds):
        change_hub(checkout, hub, hub_edits)
        if hub_new:
            titles.append(f"Hub's own {number}")
            checkout.hub.created("/tasks", workplan=checkout.code, title=titles[-1])
        file, hub = file | file_edits, hub | hub_edits
        lines = [line for line in checkout.text().splitlines(keepends=True) if "own " in line]
        checkout.write(text_of(checkout.code, file, []) + "".join(lines))
        if file_new:
            titles.append(f"File's own {number}")
            checkout.write(checkout.text() + f"- [ ] {titles[-1]}\n")
        expected: set[tuple[int, str]] = set()
        for key in base:
            if file[key] == hub[key]:
                base[key] = file[key]
            elif hub[key] == base[key]:
                base[key] = hub[key] = file[key]
            elif file[key] == base[key]:
                base[key] = file[key] = hub[key]
            else:
                expected.add(key)
        report = checkout.sync()
        told = {
            (int(c.code[-2:]) - 1 if "-T0" in c.code else -1, c.name)
            for _, outcome in report.outcomes.values() for c in outcome.conflicts
        }  # fmt: skip
        assert told == expected
        assert not report.findings
        assert in_hub(checkout) == hub
        assert in_file(checkout) == file
        assert sorted(task["title"] for task in checkout.plan()["tasks"] if "own " in task["title"]) == sorted(titles)
        assert all(checkout.text().count(title) == 1 for title in titles)
        checkout.is_settled()
