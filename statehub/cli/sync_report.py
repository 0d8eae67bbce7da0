"""What a sync found and did, as lines like a compiler's, and as JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from statehub.cli.sync_outcome import Report, Wish
from statehub.cli.text import clean
from statehub.repos.reconcile import Change, Conflict

SCHEMA = "custodian/sync/1"
MOST_CHANGES = 40
HEADS = {"title": "title", "waiting_on": "waits", "depends_on": "depends on"}


def exit_code(reports: list[Report], wish: Wish) -> int:
    """4: a conflict, or with --check a difference; 2: something is wrong with a file; else 0."""
    if any(report.conflicts or (wish.check and report.differs) for report in reports):
        return 4
    return 2 if any(report.failed for report in reports) else 0


def lines(report: Report, wish: Wish, here: Path) -> Iterator[str]:
    """What to show, problems first, the sum last. Paths are from `here` where they are below it."""
    folder = _folder(Path(report.root), here)
    for finding in report.findings:
        warning = "warning: " if finding.severity == "warning" else ""
        yield clean(f"{folder}{finding.file}:{finding.line}: {warning}{finding.message}")
    for path, outcome in report.outcomes.values():
        for conflict in outcome.conflicts:
            yield clean(f"{folder}{path}:{conflict.line}: {_conflict(conflict)}")
    shown = 0
    for path, outcome in report.outcomes.values():
        for change in outcome.changes:
            shown += 1
            if shown <= MOST_CHANGES:
                yield clean(f"{folder}{path}:{change.line}: {_change(change, wish)}")
    if shown > MOST_CHANGES:
        yield f"… and {shown - MOST_CHANGES:,} more changes"
    for code in report.archived:
        yield clean(f"{code}: {'would be archived' if wish.check else 'archived'} in the hub, since its file is gone")
    yield clean(f"{report.repo}: {_sum(report, wish)}")


def document(reports: list[Report], wish: Wish) -> dict[str, Any]:
    """The same for machines."""
    return {
        "schema": SCHEMA, "check": wish.check, "exit_code": exit_code(reports, wish),
        "repos": [_repo(report, wish) for report in reports],
    }  # fmt: skip


def _repo(report: Report, wish: Wish) -> dict[str, Any]:
    outcomes = report.outcomes.values()
    return {
        "repo": report.repo, "root": report.root, "workplans": report.workplans, "tasks": report.tasks,
        "differs": report.differs, "sent": report.sent, "written": report.written, "archived": report.archived,
        "changes": [
            {"to": c.to, "file": path, "line": c.line, "code": c.code, "field": c.name, "old": c.old, "new": c.new,
             "done": _is_done(c, wish)}
            for path, outcome in outcomes for c in outcome.changes
        ],
        "conflicts": [
            {"file": path, "line": c.line, "code": c.code, "field": c.name, "in_file": c.file, "in_hub": c.hub}
            for path, outcome in outcomes for c in outcome.conflicts
        ],
        "findings": [vars(finding) for finding in report.findings],
    }  # fmt: skip


def _is_done(change: Change, wish: Wish) -> bool:
    return not wish.check and (wish.write or change.to == "hub")


def _conflict(conflict: Conflict) -> str:
    field = HEADS.get(conflict.name, conflict.name)
    both = f"{_quoted(conflict.file)} in the file, {_quoted(conflict.hub)} in the hub"
    return f"{conflict.code}: conflict: {field} is {both}; settle it with --prefer file or --prefer hub, or by hand"


def _change(change: Change, wish: Wish) -> str:
    where = "hub" if change.to == "hub" else "file"
    done = "" if _is_done(change, wish) else " (not done)"
    if change.name == "created":
        return f"{change.code}: new in the {where}: {_value(change.new)}{done}"
    if change.name == "number":
        return f"{change.code}: given its number{done}"
    field = HEADS.get(change.name, change.name)
    return f"{change.code}: {field} {_value(change.old)} → {_value(change.new)}, into the {where}{done}"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)


def _sum(report: Report, wish: Wish) -> str:
    size = f"{_count(report.workplans, 'workplan')}, {_count(report.tasks, 'task')}"
    told = []
    for side in ("hub", "file"):
        number = sum(change.to == side for _, outcome in report.outcomes.values() for change in outcome.changes)
        if number:
            pending = wish.check or (side == "file" and not wish.write)
            told.append(f"{_count(number, 'change')} {'not ' if pending else ''}written to the {side}")
    if report.conflicts:
        told.append(_count(report.conflicts, "conflict"))
    if errors := sum(finding.severity == "error" for finding in report.findings):
        told.append(_count(errors, "problem"))
    if report.archived:
        told.append(f"{len(report.archived):,} {'to be ' if wish.check else ''}archived")
    return f"{size}; {', '.join(told) or 'file and hub agree'}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _folder(root: Path, here: Path) -> str:
    if root == here:
        return ""
    return f"{root.relative_to(here)}/" if root.is_relative_to(here) else f"{root}/"
