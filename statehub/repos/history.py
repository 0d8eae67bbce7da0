"""What git knows of a file: how it was where this checkout and the last sync part.

What still is so was not changed here. A checkout that is older than the last sync, as a new worktree may be, would else
turn the hub back.
"""

import os
import subprocess

from statehub.repos.front_matter import FIELDS
from statehub.repos.merge import Values, same
from statehub.repos.reconcile import told_tasks
from statehub.repos.workplan_file import Workplan, read_workplan, text_of
from statehub.repos.yaml_nodes import Refused

TIMEOUT_S = 20


def head(root: str) -> str | None:
    """The commit that is checked out; None without git, or without a commit."""
    return _line(root, "rev-parse", "--verify", "--quiet", "HEAD")


def parting(root: str, commit: str) -> str | None:
    """The last commit that HEAD and that one have in common; None where there is none, or it is not known here."""
    return _line(root, "merge-base", "HEAD", commit)


def as_it_was(root: str, commit: str, path: str, now: Workplan) -> Workplan | None:
    """The file in that commit; None where it was not there, or was no such plan."""
    content = _git(root, "cat-file", "blob", f"{commit}:./{path}")
    try:
        then = read_workplan(text_of(content), lambda _: now.codes) if content is not None else None
    except Refused:
        return None
    return then if then is not None and then.code == now.code else None


def unchanged(now: Workplan, then: Workplan, base: Values | None) -> Values:
    """The base, with what the file says wherever it said the same then."""
    found: Values = {**(base or {}), "tasks": dict((base or {}).get("tasks", {}))}
    before, told = then.front.values, now.front.values
    found |= {name: told[name] for name in FIELDS if name in told and same(told[name], before.get(name))}
    tasks = told_tasks(then)
    for code, values in told_tasks(now).items():
        if code in tasks:
            still = {name: value for name, value in values.items() if same(value, tasks[code][name])}
            found["tasks"][code] = found["tasks"].get(code, {}) | still
    return found


def main_checkout(root: str) -> str | None:
    """Where the repository of a worktree has its main checkout; None where that is here, or not told."""
    common = _line(root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return common.removesuffix("/.git") if common and common.endswith("/.git") and common != f"{root}/.git" else None


def plain_environment() -> dict[str, str]:
    """Without what git tells its hooks: that is of the repository it runs for, which need not be this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _line(root: str, *words: str) -> str | None:
    told = _git(root, *words)
    return told.decode(errors="replace").strip() or None if told else None


def _git(root: str, *words: str) -> bytes | None:
    try:
        told = subprocess.run(
            ["git", *words], cwd=root, env=plain_environment(), capture_output=True, check=False, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if told.returncode else told.stdout
