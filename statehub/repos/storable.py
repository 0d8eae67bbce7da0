"""What PostgreSQL and our columns take of other tools' values: text, codes, labels, people, times."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from statehub.models.fields import GIVEN

NAME_LENGTH = 200
MOST_LABELS = 100
MAX_DEPTH = 60
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST = {"workplan": 100, "task": 120, "decision": 100}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ROUTES = ("ready", "claim", "claims")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_GIVEN = re.compile(GIVEN)


def given(text: object) -> bool:
    """Whether there is anything in it that can be seen."""
    return isinstance(text, str) and _GIVEN.search(text) is not None


def shown(value: object, most: int = 200) -> str:
    """Any value in a message: one line, not too long."""
    text = _UNSTORABLE.sub("�", " ".join(str(value).split()))
    return text if len(text) <= most else text[:most] + "…"


def problem_of_code(noun: str, code: str) -> str | None:
    """Why this cannot be a code; None when it can."""
    if not _CODE.fullmatch(code) or len(code) > _LONGEST[noun] or _ID.fullmatch(code):
        return (
            f"the id {shown(code, 50)!r} can be no code: letters, digits, dot, dash and underscore, "
            f"at most {_LONGEST[noun]}, the first a letter or digit, and not like a UUID"
        )
    if noun == "task" and code.lower() in _ROUTES:
        return f"the id {code} is a word of the routes below /tasks"
    return None


def unstorable(value: Any, most_deep: int = MAX_DEPTH) -> str | None:
    """Why this cannot be stored as JSON; None when it can."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if _UNSTORABLE.search(item):
                return "has a NUL or a lone surrogate; remove it"
        elif isinstance(item, float):
            if not math.isfinite(item):
                return "has a number that cannot be stored"
        elif isinstance(item, dict | list | tuple):
            if depth > most_deep:
                return f"is nested more than {most_deep} deep"
            waiting += ((inner, depth + 1) for inner in item)
            if isinstance(item, dict):
                waiting += ((inner, depth + 1) for inner in item.values())
    return None


def labels_of(labels: object) -> list[str]:
    """Those that can be labels, once each."""
    listed: Iterable[object] = labels if isinstance(labels, list | tuple) else [labels]
    named = [label.strip() for label in listed if isinstance(label, str) and given(label)]
    return [label for label in dict.fromkeys(named) if len(label) <= NAME_LENGTH][:MOST_LABELS]


def person(name: object) -> str | None:
    """A name that can be an assignee or author, without the @ of a mention; None where it is none."""
    text = name.strip().removeprefix("@") if isinstance(name, str) else ""
    return text if given(text) and len(text) <= NAME_LENGTH and not unstorable(text) else None


def time(text: object, forms: Sequence[str] = ()) -> str | None:
    """RFC 3339 in UTC; without a zone it is taken for UTC. None for what is no time, or none that can be stored."""
    if not isinstance(text, str):
        return None
    found = _read_time(text.strip(), forms)
    try:
        found = found and found.astimezone(UTC)
    except OverflowError:
        return None
    return found.isoformat() if found and 2 <= found.year <= 9998 else None


def _read_time(text: str, forms: Sequence[str]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
