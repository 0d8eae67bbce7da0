"""Three ways: what a file says, what the hub says, and what both last agreed on. Field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Prefer = Literal["file", "hub"] | None
Values = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """What goes where; `agreed` is the base of the fields that are the same on both sides once it has gone there."""

    to_hub: Values = field(default_factory=dict)
    to_file: Values = field(default_factory=dict)
    agreed: Values = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)


def merge(file: Values, hub: Values, base: Mapping[str, Any] | None, defaults: Values, prefer: Prefer) -> Merged:
    """A field that the file does not have is as it was in the base. Without a base both began with the defaults."""
    found = Merged()
    began = defaults if base is None else base
    for name, theirs in hub.items():
        ours = file.get(name, began.get(name, defaults[name]))
        before = began.get(name, defaults[name])
        if same(ours, theirs):
            found.agreed[name] = theirs
            continue
        side = "hub" if same(ours, before) else "file" if same(theirs, before) else prefer
        if side is None:
            found.conflicts.append(name)
            continue
        value = theirs if side == "hub" else ours
        (found.to_file if side == "hub" else found.to_hub)[name] = value
        found.agreed[name] = value
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values are one; a list is a set of codes, which have no case."""
    if isinstance(one, list) and isinstance(other, list):
        return {str(code).lower() for code in one} == {str(code).lower() for code in other}
    return bool(one == other)
