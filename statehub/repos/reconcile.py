"""One workplan three ways: what must be sent to the hub, what must be written into the file, what nobody can decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from statehub.repos import front_matter, task_line
from statehub.repos.merge import Merged, Prefer, Values, merge, same
from statehub.repos.task_line import plain
from statehub.repos.workplan_file import Item, Workplan

NOWHERE: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Change:
    """A value that goes to one side; `name` is the field, or `created`."""

    to: Literal["hub", "file"]
    line: int
    code: str
    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Conflict:
    """A value that both sides changed, differently."""

    line: int
    code: str
    name: str
    file: Any
    hub: Any


@dataclass
class Outcome:
    """`row` goes to the hub when `sends`; `values`, `tasks` (by line, from 0) and `new` go into the file.

    `agreed`: the base of what is then the same on both sides; `pulled`: of what only the file had to take.
    """

    row: Values
    sends: bool = False
    values: Values = field(default_factory=dict)
    tasks: dict[int, Values] = field(default_factory=dict)
    new: list[Values] = field(default_factory=list)
    agreed: Values = field(default_factory=lambda: {"tasks": {}})
    pulled: Values = field(default_factory=lambda: {"tasks": {}})
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_settled(self) -> bool:
        """Whether both sides are the same, and nothing is to be told."""
        return not (self.sends or self.writes or self.changes or self.conflicts or self.problems or self.notes)

    @property
    def writes(self) -> bool:
        """Whether the file changes."""
        return bool(self.values or self.tasks or self.new)


@dataclass(frozen=True)
class Rules:
    """How to settle it: whom to prefer, whether files are written, which dependencies are refused (task, needed)."""

    prefer: Prefer = None
    write: bool = True
    refused: frozenset[tuple[str, str]] = NOWHERE
    unwritable: frozenset[str] = frozenset()  # plans, in lower case, whose files cannot take the hub's values
    commit: str | None = None  # what is checked out


def hub_values(row: Mapping[str, Any], names: tuple[str, ...]) -> Values:
    """A row of the hub in the words of a file: texts in one line."""
    texts = {"title", "assignee", "waiting_on", "owner"}
    return {
        name: (plain(row[name]) or (None if name != "title" else "")) if name in texts else row[name] for name in names
    }


def reconcile(plan: Workplan, path: str, hub: Mapping[str, Any] | None, base: Values | None, rules: Rules) -> Outcome:
    """`hub`: the plan as `GET /repos/{slug}/sync` tells it; None: the hub has none yet."""
    if plan.code.lower() in rules.unwritable:
        rules = replace(rules, write=False)
    outcome = Outcome({"code": plan.code} | ({} if hub is None else {"version": hub["version"]}))
    outcome.problems += plan.problems
    if hub is None and "title" not in plan.front.values:
        outcome.problems.append((plan.front.line_of("title"), "title: is missing; a new workplan needs one"))
        return outcome
    _plan(outcome, plan, hub, base, rules)
    _tasks(outcome, plan, hub, base, rules)
    if hub is not None and hub["source_path"] != path:
        outcome.row["source_path"] = path
    elif hub is None:
        outcome.row |= {"source_path": path}
    before = hub["sync_base"] if hub else None
    if (moved := overlaid(before, outcome.agreed)) != before:
        outcome.row["sync_base"] = moved | ({"commit": rules.commit} if rules.commit else {})
    outcome.sends = set(outcome.row) - {"code", "version"} != set()
    return outcome


def told_tasks(plan: Workplan) -> dict[str, Values]:
    """What the file says of each task with a number, by code; dependencies by their codes."""
    return {code: _told(plan, item) for code, item in plan.tasks.items()}


def _told(plan: Workplan, item: Item) -> Values:
    return dict(item.task.values, depends_on=[plan.codes.code_of(need) for need in item.task.values["depends_on"]])


def _plan(outcome: Outcome, plan: Workplan, hub: Mapping[str, Any] | None, base: Values | None, rules: Rules) -> None:
    told = {"owner": None, "topic": None, "depends_on": []} | plan.front.values
    file = {name: told[name] for name in front_matter.FIELDS if name in told}
    if file["topic"]:
        file["topic"] = file["topic"].lower()
    refused = [need for need in file["depends_on"] if (plan.code.lower(), need.lower()) in rules.refused]
    file["depends_on"] = [need for need in file["depends_on"] if need not in refused]
    if hub is None:
        values = front_matter.DEFAULTS | file
        outcome.row |= values
        outcome.agreed |= values
        outcome.changes.append(Change("hub", plan.front.line_of("id"), plan.code, "created", None, values["title"]))
        return
    theirs = hub_values(hub, front_matter.FIELDS)
    found = merge(file, theirs, base, front_matter.DEFAULTS, rules.prefer)
    _keep_refused(found, refused)
    _take(outcome, found, plan.code, plan.front.line_of, file, theirs, rules, outcome.agreed)
    outcome.row |= found.to_hub
    if rules.write:
        outcome.values |= found.to_file
        outcome.pulled |= found.to_file


def _tasks(outcome: Outcome, plan: Workplan, hub: Mapping[str, Any] | None, base: Values | None, rules: Rules) -> None:
    theirs = {task["code"]: task for task in hub["tasks"]} if hub else {}
    bases: Mapping[str, Values] = (base or {}).get("tasks", {})
    rows: list[Values] = []
    numbers = _Numbers(plan, theirs, bases)
    position = -1 if not theirs else 0
    for item in plan.items:
        code, adopted = numbers.of(item)
        line = item.at + 1
        file = _told(plan, item)
        refused = [need for need in file["depends_on"] if (code.lower(), need.lower()) in rules.refused]
        file["depends_on"] = [need for need in file["depends_on"] if need not in refused]
        if item.code is None:
            if not rules.write:
                outcome.notes.append((line, "has no number yet; a sync that may write gives it one"))
                continue
            outcome.tasks.setdefault(item.at, {})["number"] = plan.codes.word_of(code)
            outcome.changes.append(Change("file", line, code, "number", None, plan.codes.word_of(code)))
        there = theirs.get(code)
        if there is None:
            position += not theirs  # among others it shares the place of the one above it
            rows.append({"code": code, **file, "position": position})
            outcome.agreed["tasks"][code] = file
            outcome.changes.append(Change("hub", line, code, "created", None, file["title"]))
            continue
        position = there["position"]
        values = hub_values(there, task_line.FIELDS)
        before = file if adopted else bases.get(code)
        if before is None and not same(file["title"], values["title"]) and rules.prefer is None:
            outcome.conflicts.append(Conflict(line, code, "title", file["title"], values["title"]))
            continue
        found = merge(file, values, before, task_line.DEFAULTS, rules.prefer)
        _keep_refused(found, refused)
        agreed = outcome.agreed["tasks"].setdefault(code, {})
        _take(outcome, found, code, lambda _, line=line: line, file, values, rules, agreed)
        if rules.write:
            outcome.pulled["tasks"][code] = dict(found.to_file)
        if found.to_hub:
            rows.append({"code": code, "version": there["version"], **found.to_hub})
            if "depends_on" in found.to_hub:
                rows[-1]["depends_on_read"] = values["depends_on"]
        if found.to_file and rules.write:
            outcome.tasks.setdefault(item.at, {}).update(_in_words(plan, found.to_file))
    _absent(outcome, plan, theirs, bases, numbers, rules)
    if rows:
        outcome.row["tasks"] = rows


def _absent(
    outcome: Outcome,
    plan: Workplan,
    theirs: Mapping[str, Any],
    bases: Mapping[str, Any],
    numbers: "_Numbers",
    rules: Rules,
) -> None:
    """Tasks of the hub without a line: new ones get one, others had one."""
    last = plan.items[-1].end if plan.items else len(plan.lines)
    for code, task in theirs.items():
        if code.lower() in numbers.there or task["status"] == "cancel":
            continue
        values = hub_values(task, task_line.FIELDS)
        if code in bases:
            told = f"{code} ({values['title']}) has no line any more, and is {task['status']} in the hub"
            outcome.notes.append((plan.front.line_of("id"), f"{told}; put its line back, or end it there"))
            continue
        outcome.changes.append(Change("file", last, code, "created", None, values["title"]))
        if rules.write:
            outcome.new.append({"code": code, **_in_words(plan, values)})
            outcome.agreed["tasks"][code] = values


def _take(
    outcome: Outcome, found: Merged, code: str, line_of: Any, file: Values, hub: Values, rules: Rules, base: Values
) -> None:
    """Note what was found, and move the base of what will be the same on both sides."""
    for name, value in found.to_hub.items():
        outcome.changes.append(Change("hub", line_of(name), code, name, hub[name], value))
    for name, value in found.to_file.items():
        outcome.changes.append(Change("file", line_of(name), code, name, file.get(name), value))
    for name in found.conflicts:
        outcome.conflicts.append(Conflict(line_of(name), code, name, file.get(name), hub[name]))
    base |= {name: value for name, value in found.agreed.items() if rules.write or name not in found.to_file}


def _keep_refused(found: Merged, refused: list[str]) -> None:
    """A list that names what cannot be had is left as it stands in the file."""
    if refused and "depends_on" in found.to_file:
        del found.to_file["depends_on"], found.agreed["depends_on"]


def _in_words(plan: Workplan, values: Values) -> Values:
    """With codes as the file calls them."""
    if "depends_on" not in values:
        return values
    return {**values, "depends_on": [plan.codes.word_of(code) for code in values["depends_on"]]}


def overlaid(base: Values | None, agreed: Values) -> Values:
    """The base with what is agreed on now: all else of it stays."""
    tasks = dict((base or {}).get("tasks", {}))
    for code, values in agreed["tasks"].items():
        if values:
            tasks[code] = tasks.get(code, {}) | values
    return (base or {}) | agreed | {"tasks": tasks}


class _Numbers:
    """Which code a line has. Without a number: that of an open task of its title that has no line, else the next."""

    def __init__(self, plan: Workplan, theirs: Mapping[str, Any], bases: Mapping[str, Any]) -> None:
        self.there = {item.code.lower() for item in plan.items if item.code} | plan.broken
        self.plan = plan
        self.theirs = theirs
        self.last = max((plan.codes.number_of(code) for code in (*self.there, *theirs, *bases)), default=0)

    def of(self, item: Item) -> tuple[str, bool]:
        if item.code is not None:
            return item.code, False
        values = item.task.values
        for code, task in self.theirs.items():
            open_or_like = task["status"] not in ("done", "cancel") or task["status"] == values["status"]
            if code.lower() not in self.there and plain(task["title"]) == values["title"] and open_or_like:
                self.there.add(code.lower())
                return code, True
        self.last += 1
        code = f"{self.plan.code}-T{self.last:02}"
        self.there.add(code.lower())
        return code, False
