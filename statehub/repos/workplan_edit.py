"""A workplan's file with some values changed: of tasks, of the front matter, and new lines. Nothing else moves."""

import re
from typing import Any

from statehub.repos.front_matter import FIELDS, changed_value
from statehub.repos.task_line import DEFAULTS, Unwritable, changed_line, new_line
from statehub.repos.workplan_file import Workplan, parted, read_workplan
from statehub.repos.yaml_nodes import Refused


def changed_text(
    plan: Workplan, values: dict[str, Any], tasks: dict[int, dict[str, Any]], new: list[dict[str, Any]]
) -> str:
    """The file with these values of the plan, of the tasks in these lines, and these new tasks. Raises Unwritable.

    What it then reads as is compared with what was wanted, so that nothing is changed by the way.
    """
    lines = list(plan.lines)
    words = plan.codes.words
    for at, changes in tasks.items():
        raw, end = parted(lines[at])
        lines[at] = changed_line(raw, plan.code, words, changes) + end
    if new:
        _append(plan, lines, new)
    text = "".join(lines)
    for name, value in values.items():
        text = changed_value(text, name, value)
    _check(plan, text, values, tasks, new)
    return text


def _append(plan: Workplan, lines: list[str], new: list[dict[str, Any]]) -> None:
    newline = next((parted(line)[1] for line in plan.lines if parted(line)[1]), "\n")
    top = [item for item in plan.items if item.depth == 1] or plan.items
    head, after = "- ", len(lines)
    lead: list[str] = []
    if top:
        last = top[-1]
        head, after = re.split(r"\[", lines[last.at], maxsplit=1)[0], last.end
    elif plan.heading is not None:
        after = plan.heading + 1
        if after < len(lines) and lines[after].strip():
            lines.insert(after, newline)
        lead = [newline]
    else:
        lead = [newline, f"## Tasks{newline}"] if lines[-1].strip() else [f"## Tasks{newline}"]
    added = []
    for values in new:
        if (counted := re.match(r"([ \t]*)(\d+)(.*)", head)) is not None:
            head = f"{counted[1]}{int(counted[2]) + 1}{counted[3]}"
        told = plan.codes.word_of(values["code"])
        added.append(new_line(head, told, plan.code, plan.codes.words, values) + newline)
    if after and not parted(lines[after - 1])[1]:  # no newline at the end of the file: nor has it one afterwards
        lines[after - 1] += newline
        added[-1] = parted(added[-1])[0]
    if not top and plan.heading is not None and after < len(lines) and not lines[after].strip():
        after, lead = after + 1, []
        if after < len(lines) and lines[after].strip():
            added.append(newline)
    lines[after:after] = lead + added


def _check(
    plan: Workplan, text: str, values: dict[str, Any], tasks: dict[int, dict[str, Any]], new: list[dict[str, Any]]
) -> None:
    try:
        after = read_workplan(text, lambda _: plan.codes)
    except Refused as refused:
        raise Unwritable(f"it would no longer be a workplan: {refused}") from None
    wanted: list[Any] = []
    for item in plan.items:
        changes = dict(tasks.get(item.at, {}))
        number = changes.pop("number", item.task.number)
        wanted.append([plan.codes.code_of(number) if number else "", item.task.values | changes])
    wanted += [[task["code"], {name: task[name] for name in DEFAULTS}] for task in new]
    found: list[Any] = [[item.code or "", item.task.values] for item in after.items] if after else []
    if sorted(map(str, wanted)) != sorted(map(str, found)):
        raise Unwritable("its tasks would read differently afterwards; change the lines by hand")
    told = plan.front.values | values
    if after is None or any((after.front.values.get(name) or None) != (told.get(name) or None) for name in FIELDS):
        raise Unwritable("its front matter would read differently afterwards; change it by hand")
