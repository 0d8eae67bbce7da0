"""The Markdown of a Backlog.md file: sections, and lists of what must hold."""

import re
from typing import Any

_MARKER = re.compile(r"^<!-- (?:SECTION:[\w:-]+|(?:AC|DOD):(?:BEGIN|END)) -->[ \t]*\n?", re.MULTILINE)
_FIRST_HEADING = re.compile(r"\A\s*## Description[ \t]*\n+")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_CHECK = re.compile(r"^[ \t]*- \[([ xX])\] (?:#\d+ )?(.+)$", re.MULTILINE)
_LISTS = {"acceptance criteria": "acceptance_criteria", "definition of done": "definition_of_done"}


def text_of(body: str) -> str:
    """Without the marks of its sections, and the first heading where it says nothing."""
    return _FIRST_HEADING.sub("", _MARKER.sub("", body)).strip()


def section(body: str, heading: str) -> str:
    """What stands below that heading."""
    parts = _HEADING.split(body)
    found = [text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name.strip().casefold() == heading]
    return found[0].strip() if found else ""


def lists_of(body: str) -> dict[str, list[dict[str, Any]]]:
    """Acceptance criteria and the like: text, and whether it is met."""
    parts = _HEADING.split(body)
    found = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if (key := _LISTS.get(name.strip().casefold())) and (checks := _CHECK.findall(text)):
            found[key] = [{"text": told.strip(), "done": mark != " "} for mark, told in checks]
    return found
