"""All workplans of a repository at once: which file is which plan, what depends on what, what has no file any more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Literal

from statehub.repos.reconcile import Outcome, Rules, reconcile
from statehub.repos.task_line import plain
from statehub.repos.workplan_codes import Codes
from statehub.repos.workplan_file import Workplan, read_workplan, text_of
from statehub.repos.yaml_nodes import Refused

Hub = Mapping[str, Any]
Source = tuple[str, Workplan]
Refusals = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Finding:
    """What is wrong, or worth a look: a warning leaves the exit code alone."""

    file: str
    line: int
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass
class Survey:
    """Plans by their code in lower case: path and content; all paths that are there; those that were not read."""

    plans: dict[str, tuple[str, Workplan]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    settled: dict[str, str] = field(default_factory=dict)


def survey(files: Iterable[tuple[str, bytes]], hub: Mapping[str, Hub], settled: Mapping[str, str]) -> Survey:
    """Read them all. `hub`: its plans by code in lower case; `settled`: paths, by code, that need not be read."""
    found = Survey(settled=dict(settled))
    there = set(settled.values())

    def codes_of(plan: str) -> Codes:
        row = hub.get(plan.lower())
        base = (row["sync_base"] or {}) if row else {}
        titles = {task["code"].lower(): {plain(task["title"])} for task in row["tasks"]} if row else {}
        for code, values in base.get("tasks", {}).items():
            titles.setdefault(code.lower(), set()).add(values.get("title", ""))
        known = [task["code"] for task in row["tasks"]] if row else []
        return Codes(plan, [*known, *base.get("tasks", {})], titles)

    for path, content in files:
        found.paths.add(path)
        if path in there:
            continue
        try:
            plan = read_workplan(text_of(content), codes_of)
        except Refused as refused:
            found.findings.append(Finding(path, refused.line, str(refused)))
            continue
        if plan is None:
            _is_no_plan(found, path)
            continue
        if plan.code.lower() in settled:
            _tell_twice(found, settled[plan.code.lower()], (path, plan))
            continue
        first = found.plans.setdefault(plan.code.lower(), (path, plan))
        if first[1] is not plan:
            _stands_twice(found, hub, first, (path, plan))
    return found


def vanished(found: Survey, hub: Mapping[str, Hub]) -> list[Hub]:
    """Plans that had a file, and have none."""
    return [
        plan
        for code, plan in hub.items()
        if plan["synced"] and plan["status"] != "archived" and code not in found.plans and code not in found.settled
        and plan["source_path"] not in found.paths
    ]  # fmt: skip


def decide(
    found: Survey, hub: Mapping[str, Hub], bases: Mapping[str, Any], rules: Rules, refused: Refusals
) -> dict[str, Outcome]:
    """What becomes of each plan. Adds to `refused` the dependencies that would close a cycle, with the reason."""

    def settled(code: str) -> Outcome:
        path, plan = found.plans[code]
        row = hub.get(code)
        base = bases.get(code, row["sync_base"] if row else None)
        return reconcile(plan, path, row, base, replace(rules, refused=frozenset(refused)))

    outcomes = {code: settled(code) for code in found.plans}
    while (edge := _closing_edge(hub, outcomes)) is not None:
        refused[edge[:2]] = "that closes a cycle; it is left out"
        outcomes[edge[2]] = settled(edge[2])
    return outcomes


def refuse_unknown(
    found: Survey, hub: Mapping[str, Hub], exists: Callable[[str, str], bool], refused: Refusals
) -> None:
    """Add the dependencies on what is not there. `exists(kind, code)` asks the hub, for other repositories' rows."""
    tasks = {task["code"].lower() for plan in hub.values() for task in plan["tasks"]}
    tasks |= {need.lower() for plan in hub.values() for task in plan["tasks"] for need in task["depends_on"]}
    tasks |= {code.lower() for _, plan in found.plans.values() for code in plan.tasks}
    plans = {need.lower() for plan in hub.values() for need in plan["depends_on"]} | set(hub) | set(found.plans)
    known = {"tasks": tasks, "workplans": plans}
    for code, (_, plan) in found.plans.items():
        for kind, waits, need, *_ in _needs(code, plan):
            if need.lower() in known[kind]:
                continue
            if exists(kind, need):
                known[kind].add(need.lower())
            else:
                refused[waits, need.lower()] = "there is no such " + kind.removesuffix("s")


def refusals(found: Survey, refused: Refusals) -> list[Finding]:
    """Each refused dependency with its place."""
    told = []
    for code, (path, plan) in found.plans.items():
        for kind, waits, need, line, word in _needs(code, plan):
            if why := refused.get((waits, need.lower())):
                what = f"depends_on {word}" if kind == "workplans" else f"depends on {word}"
                told.append(Finding(path, line, f"{what}: {why}"))
    return told


def _needs(code: str, plan: Workplan) -> Iterator[tuple[str, str, str, int, str]]:
    """All that a file says of dependencies: kind, who waits, the code it waits for, line, and the word that says so."""
    for need in plan.front.values.get("depends_on", []):
        yield "workplans", code, need, plan.front.line_of("depends_on"), need
    for task, item in plan.tasks.items():
        for word in item.task.values["depends_on"]:
            yield "tasks", task.lower(), plan.codes.code_of(word), item.at + 1, word


def _is_no_plan(found: Survey, path: str) -> None:
    name = path.rsplit("/", 1)[-1].lower()
    if not name.startswith(("readme", "index")):
        advice = "has no front matter, so it is no workplan; begin it with ---, id: and title:"
        found.findings.append(Finding(path, 1, advice, "warning"))


def _stands_twice(
    found: Survey, hub: Mapping[str, Hub], first: tuple[str, Workplan], other: tuple[str, Workplan]
) -> None:
    """The file that the hub knows counts, else the first."""
    code = other[1].code.lower()
    row = hub.get(code)
    if row is not None and row["source_path"] == other[0]:
        first, other = other, first
    found.plans[code] = first
    _tell_twice(found, first[0], other)


def _tell_twice(found: Survey, first: str, other: Source) -> None:
    told = f"id: {other[1].code} is {first} already; give this plan another id"
    found.findings.append(Finding(other[0], other[1].front.line_of("id"), told))


def _closing_edge(hub: Mapping[str, Hub], outcomes: Mapping[str, Outcome]) -> tuple[str, str, str] | None:
    """A dependency of a file (who waits, what for, of which plan) that closes a cycle, if there is one."""
    plans = {code: {need.lower() for need in plan["depends_on"]} for code, plan in hub.items()}
    tasks = {
        task["code"].lower(): {need.lower() for need in task["depends_on"]}
        for plan in hub.values()
        for task in plan["tasks"]
    }
    new: dict[tuple[str, str], str] = {}
    for code, outcome in outcomes.items():
        for graph, row in ((plans, outcome.row), *((tasks, row) for row in outcome.row.get("tasks", []))):
            if "depends_on" in row:
                waits, needs = row["code"].lower(), {need.lower() for need in row["depends_on"]}
                new |= {(waits, need): code for need in needs - graph.get(waits, set())}
                graph[waits] = needs
    for graph in (plans, tasks):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            ring = error.args[1]
            for need, waits in pairwise(ring):
                if (waits, need) in new:
                    return waits, need, new[waits, need]
    return None
