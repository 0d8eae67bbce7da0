"""What a tool says when it cannot: the hub's own words, and what to do next."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mcp_server.hub import Hub
from mcp_server.texts import clean, one_line
from statehub import calls
from statehub.errors import (
    Conflict,
    Gone,
    Invalid,
    NotFound,
    StateHubError,
    Unauthorized,
    Unavailable,
)

MOST = 3
_KINDS: Mapping[str, tuple[str, "calls.Rows[Any]", str]] = {
    "task": ("task", calls.tasks, "code"),
    "depends_on": ("task", calls.tasks, "code"),
    "workplan": ("workplan", calls.workplans, "code"),
    "decision": ("decision", calls.decisions, "code"),
    "topic": ("topic", calls.topics, "slug"),
    "repo": ("repo", calls.repos, "slug"),
}


async def refusal(error: StateHubError, arguments: Mapping[str, Any], hub: Hub) -> str:
    """One or two sentences for the caller."""
    said = clean(error.detail, 1000)
    if isinstance(error, Unavailable):
        start = "" if "custodian up" in said else "; if no hub runs, start one with: custodian up"
        return f"{said}{start}. Then call this tool again: nothing needs to be reconnected."
    if isinstance(error, Unauthorized):
        return f"{said}. Register this server again with the token: custodian token show"
    if isinstance(error, Gone):
        return f"{said}. Take a new token from get_state_summary and go on from there."
    if isinstance(error, NotFound | Invalid):
        said += "".join(f"; {clean(fault['pointer'], 200)} {clean(fault['detail'], 300)}"
                        for fault in error.extra.get("errors", []) if fault["detail"] not in said)  # fmt: skip
        for name, value in arguments.items():
            if name in _KINDS and isinstance(value, str) and value.lower() in error.detail.lower():
                return await _unknown(name, value, said, hub)
        return f"{said}."
    if isinstance(error, Conflict) and "task" in arguments:
        return f"{said}. Look at it with get_task, or take another with claim_task."
    return f"{said}."


def misuse(error: ValidationError, names: Sequence[str]) -> str:
    """Which argument is wrong, and what it takes."""
    told = []
    for fault in error.errors(include_url=False)[:5]:
        where = ".".join(str(part) for part in fault["loc"][:2])
        told.append(f"{where} is missing" if fault["type"] == "missing" else f"{where}: {one_line(fault['msg'], 300)}")
    return "; ".join(told) + f". This tool takes: {', '.join(names) or 'no arguments'}."


def unknown_arguments(unknown: Sequence[str], names: Sequence[str]) -> str:
    """Arguments that the tool has not, which would be ignored, and the ones that were probably meant."""
    told = []
    for name in unknown:
        near = difflib.get_close_matches(name, names, 1)
        told.append(f"unknown argument {one_line(name, 60)}" + (f", did you mean {near[0]}?" if near else ""))
    return "; ".join(told) + f" This tool takes: {', '.join(names) or 'no arguments'}."


async def _unknown(name: str, value: str, said: str, hub: Hub) -> str:
    noun, rows, column = _KINDS[name]
    try:
        near = await _nearest(value, rows, column, hub)
    except StateHubError:
        near = []
    told = f"unknown {noun} {one_line(value, 120)}"
    if "no " not in said.lower() and "unknown" not in said.lower() and "not" not in said.lower():
        told = said  # it is there, and something else is wrong with it
    return f"{told}; nearest: {', '.join(near)}" if near else f"{told}; find it with search."


async def _nearest(value: str, rows: "calls.Rows[Any]", column: str, hub: Hub) -> list[str]:
    asked: dict[str, Any] = {"fields": column, "limit": 500}
    if rows is calls.tasks and (plan := value.upper().rpartition("-T")[0]):
        try:  # the other tasks of the plan that is in its code
            found = [row[column] for row in (await hub.do(rows.list(workplan=plan, **asked)))["items"]]
            if near := _close(value, found):
                return near
        except StateHubError:
            pass
    order = "slug" if column == "slug" else "-updated_at"
    found = [row[column] for row in (await hub.do(rows.list(sort=order, **asked)))["items"]]
    return _close(value, found)


def _close(value: str, names: list[str]) -> list[str]:
    by_lower = {name.lower(): name for name in names}
    return [by_lower[near] for near in difflib.get_close_matches(value.lower(), by_lower, MOST, 0.6)]
