"""What `custodian register-project` says: what was done, or with --dry-run what would be."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from statehub.calls import Call
from statehub.cli import claude_code
from statehub.cli.project_files import Change
from statehub.cli.register import Done, Plan
from statehub.cli.text import clean, clean_lines

SCHEMA = "custodian/register-project/1"


def document_of(plan: Plan, done: Done | None) -> dict[str, Any]:
    """All of it, for machines; `done` None: a dry run."""
    files = done.files if done else plan.files()
    return {
        "schema": SCHEMA,
        "dry_run": done is None,
        "path": str(plan.root),
        "repo": plan.slug,
        "domain": plan.domain.slug,
        "domain_by": plan.domain.by,
        "topic": {
            "slug": plan.topic, "id": done.topic_id if done else plan.topic_id, "new": plan.make_topic is not None,
        },
        "requests": [
            {"method": call.method, "path": call.path, "body": call.body} for call in _requests(plan, files)
        ],
        "files": [
            {"name": change.name, "path": str(change.path), "changed": change.is_one, "new": change.before is None}
            for change in files
        ],
        "copies": [str(path) for path in done.copies] if done else [],
        "mcp": vars(_mcp_after(plan, files)),
        "event": done.event if done else None,
        "warnings": list(plan.warnings),
    }  # fmt: skip


def lines_of(plan: Plan, done: Done | None) -> Iterator[str]:
    """The same for people."""
    files = done.files if done else plan.files()
    rows = [
        ("domain", f"{plan.domain.slug}, by {plan.domain.by}"),
        ("topic", plan.topic + (f", new: {plan.domain.slug} had no active one" if plan.make_topic else "")),
        ("repo", plan.slug + (_how(plan.put_repo) if plan.put_repo else ", registered already")),
        *((change.name, _what(change)) for change in files),
    ]
    width = max(len(name) for name, _ in rows)
    for name, told in rows:
        yield f"{name:<{width}}  {clean(told)}"
    for path in done.copies if done else ():
        yield f"{'':<{width}}  as it was: {clean(path)}"
    if done and done.event:
        yield f"{'event':<{width}}  {done.event}"
    mcp = _mcp_after(plan, files)
    yield f"{'MCP':<{width}}  {clean(mcp.detail)}"
    if mcp.command:
        yield f"register it by --mcp, or:\n  {mcp.command}"
    if done is None:
        for change in files:
            yield from diff_of(change)
        for call in _requests(plan, files):
            yield clean(f"would send {call.method} {call.path} {json.dumps(call.body, ensure_ascii=False)}")
        yield "dry run: nothing was written or sent"
    elif not _requests(plan, files):
        yield "nothing has changed"


def diff_of(change: Change) -> Iterator[str]:
    """A unified diff; of Claude Code's own file our entry alone, without its secrets."""
    if change.name == claude_code.HOME_FILE:
        before, after = (claude_code.shown_entry(content) for content in (change.before, change.after))
    else:
        before, after = ((content or b"").decode(errors="replace") for content in (change.before, change.after))
    if not change.is_one:
        return
    old = "/dev/null" if change.before is None else change.name
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), old, change.name, lineterm=""):
        yield line[:1] + clean_lines(line[1:])


def _requests(plan: Plan, files: list[Change]) -> list[Call[Any]]:
    return [call for call in (plan.make_topic, plan.put_repo, plan.event(files)) if call is not None]


def _how(call: Call[Any]) -> str:
    return (
        ", new"
        if call.method == "POST"
        else ", by its classification"
        if call.method == "PUT"
        else ", brought up to date"
    )


def _what(change: Change) -> str:
    if not change.is_one:
        return "as it shall be"
    return "new" if change.before is None else "changed"


def _mcp_after(plan: Plan, files: list[Change]) -> claude_code.Registration:
    if any(change.name == claude_code.HOME_FILE and change.is_one for change in files):
        return claude_code.Registration("ok", f"{claude_code.NAME} is registered with Claude Code")
    return plan.mcp
