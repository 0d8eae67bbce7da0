"""One line of a task list: read, and changed in place. What is not asked to change keeps every byte.

    - [/] T02 Listener with resync @codex (P1) (depends: T01) (waits: decision on retention)

The words at the end may come in any order, each once. A backslash keeps `@` and `(` of a title from being read as one.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MARKS = {" ": "todo", "/": "progress", "!": "wait", "x": "done", "X": "done", "-": "cancel"}
MARK_OF = {"todo": " ", "progress": "/", "wait": "!", "done": "x", "cancel": "-"}
FIELDS = ("title", "status", "assignee", "priority", "waiting_on", "depends_on")
DEFAULTS: dict[str, Any] = {
    "title": "", "status": "todo", "assignee": None, "priority": 2, "waiting_on": None, "depends_on": [],
}  # fmt: skip
# a line that is longer is text of somebody's, and no task
LONGEST_LINE = 20_000
# words of ours that are looked at, from the end; each could take a look at all that follows it
MOST_WORDS = 64
_LINE = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[(?P<mark>[^\[\]])\](?P<gap>[ \t]+|$)(?P<text>[^\r\n]*)")
_CODE = re.compile(r"(?P<code>[A-Za-z0-9][A-Za-z0-9._-]{0,119})(?=[ \t:]|$):?[ \t]*")
_NUMBER = re.compile(r"T(\d{1,9})", re.IGNORECASE)
_BARE = r"\w(?:[^\s@\"()\\,;]*\w)?"
_WORDS = re.compile(
    rf"""@(?:"(?P<quoted>(?:[^"\\]|\\.)+)"|(?P<bare>{_BARE}))(?=[ \t]|$)
    | \(P(?P<priority>[0-4])\) | \(depends:(?P<depends_on>[^()]*)\) | \((?P<waiting_on>waits:)""",
    re.IGNORECASE | re.VERBOSE,
)
_STARTS = re.compile(r"(?<![^ \t])(?=@|\((?:P[0-4]\)|depends:|waits:))", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([@(\\])")


class Unwritable(Exception):
    """A value cannot be put into this line; the message says which."""


@dataclass(frozen=True)
class TaskLine:
    """A task as its line has it. `number` is the word that names it, as it stands there; `spans` say where each is."""

    raw: str
    mark: str
    number: str | None
    values: dict[str, Any]
    spans: dict[str, tuple[int, int]] = field(repr=False)


def plain(text: object) -> str:
    """A text as one line of a file can have it: no control characters, single spaces."""
    kept = (char for char in str(text or "") if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def number_of(word: str) -> int | None:
    """3 for T03; None for any other word."""
    found = _NUMBER.fullmatch(word)
    return int(found[1]) if found else None


def read_line(raw: str, plan: str, codes: frozenset[str] = frozenset()) -> TaskLine | None:
    """The task of a line (without its end) of this plan; None for another line. `codes`: others of its, lower case."""
    line = _LINE.match(raw) if len(raw) <= LONGEST_LINE else None
    if line is None:
        return None
    spans = {"status": line.span("mark"), "gap": line.span("gap")}
    begin, end = line.start("text"), line.start("text") + len(line["text"].rstrip(" \t"))
    number = None
    if (word := _CODE.match(raw, begin, end)) and _names_a_task(word["code"], plan, codes):
        number, spans["number"] = word["code"], word.span("code")
        begin = word.end()
    values = dict(DEFAULTS)
    title_end = end
    starts = [found.start() for found in _STARTS.finditer(raw, begin, end)]
    for start in starts[-MOST_WORDS:]:
        found = _words(raw, start, end)
        if found is not None:
            values |= found[0]
            spans |= found[1]
            title_end = start
            break
    title_end = begin + len(raw[begin:title_end].rstrip(" \t"))
    spans |= {"title": (begin, title_end), "end": (end, end)}
    values["title"] = plain(_ESCAPED.sub(r"\1", raw[begin:title_end]))
    values["status"] = MARKS.get(line["mark"], "")
    return TaskLine(raw, line["mark"], number, values, spans)


def changed_line(raw: str, plan: str, codes: frozenset[str], changes: dict[str, Any]) -> str:
    """The line with these fields, and `number`, changed. Raises Unwritable where it would then read differently."""
    before = read_line(raw, plan, codes)
    if before is None:
        raise Unwritable("the line is no task any more")
    wrong: list[str] = []
    for escape in (_light, _full):  # a backslash only where it is needed
        shielded = {"title": before.values["title"]} if escape is _full else {}
        line = _edited(before, shielded | changes, escape)
        after = read_line(line, plan, codes | {str(changes.get("number", "")).lower()})
        wanted = before.values | {name: value for name, value in changes.items() if name != "number"}
        if after and after.values == wanted and after.number == changes.get("number", before.number):
            return line
        wrong = [name for name in changes if name != "number" and (after is None or after.values[name] != wanted[name])]
    raise Unwritable(f"{', '.join(wrong) or 'it'} cannot be written in one line of Markdown")


def _edited(before: TaskLine, changes: dict[str, Any], escape: Callable[[str], str]) -> str:
    edits = []
    for name, value in changes.items():
        if name == "number":
            at = before.spans.get("number") or (before.spans["title"][0],) * 2
            gap = before.spans["gap"]
            lead = " " if gap[0] == gap[1] else ""
            edits.append((at, value if "number" in before.spans else f"{lead}{value} "))
        elif name == "title":
            edits.append((before.spans["title"], escape(str(value))))
        elif name == "status":
            edits.append((before.spans["status"], MARK_OF[str(value)]))
        else:
            edits.append(_word_edit(before, name, value))
    line, done = "", 0
    for (start, end), text in sorted(edits, key=lambda edit: edit[0]):
        line += before.raw[done:start] + text
        done = end
    return line + before.raw[done:]


def new_line(head: str, number: str, plan: str, codes: frozenset[str], values: dict[str, Any]) -> str:
    """A line for a task that has none. `head`: what stands before the box, as `- `. Raises Unwritable."""
    changes = {name: values[name] for name in FIELDS if values[name] != DEFAULTS[name]}
    # a stand-in, since a title may look like a number
    return changed_line(f"{head}[ ] {number} …", plan, codes | {number.lower()}, {"title": values["title"], **changes})


def _names_a_task(word: str, plan: str, codes: frozenset[str]) -> bool:
    low = word.lower()
    return number_of(word) is not None or low in codes or number_of(low.removeprefix(plan.lower() + "-")) is not None


def _words(raw: str, at: int, end: int) -> tuple[dict[str, Any], dict[str, tuple[int, int]]] | None:
    """What stands from `at` to `end`, if that is nothing but words of ours, each once."""
    values: dict[str, Any] = {}
    spans: dict[str, tuple[int, int]] = {}
    while at < end:
        found = _WORDS.match(raw, at, end)
        if found is None:
            return None
        stop = found.end()
        value: Any
        if found["waiting_on"] is not None:
            closing = _closing(raw, found.start(), end)
            if closing is None:
                return None
            inner, stop = raw[found.end() : closing], closing + 1
            name, value = "waiting_on", plain(re.sub(r"\\([()\\])", r"\1", inner)) or None
        elif found["depends_on"] is not None:
            name, value = "depends_on", [part for part in re.split(r"[\s,]+", found["depends_on"]) if part]
        elif found["priority"] is not None:
            name, value = "priority", int(found["priority"])
        else:
            quoted = found["quoted"]
            name, value = "assignee", found["bare"] if quoted is None else plain(re.sub(r"\\(.)", r"\1", quoted))
        if name in values or value == "":
            return None
        values[name], spans[name] = value, (found.start(), stop)
        if stop < end and raw[stop] not in " \t":
            return None
        at = stop + len(raw[stop:end]) - len(raw[stop:end].lstrip(" \t"))
    return values, spans


def _closing(raw: str, at: int, end: int) -> int | None:
    """Where the bracket that opens at `at` is closed; one behind a backslash does not count."""
    depth = 0
    while at < end:
        if raw[at] == "\\":
            at += 1
        elif raw[at] == "(":
            depth += 1
        elif raw[at] == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None


def _word_edit(before: TaskLine, name: str, value: Any) -> tuple[tuple[int, int], str]:
    text = _word(name, value)
    if name in before.spans:
        start, end = before.spans[name]
        if text is None:  # with the space before it
            start = len(before.raw[:start].rstrip(" \t"))
        return (start, end), text or ""
    if text is None or (name == "priority" and value == DEFAULTS["priority"]):
        return before.spans["end"], ""
    return before.spans["end"], f" {text}"


def _word(name: str, value: Any) -> str | None:
    if name == "priority":
        return f"(P{value})"
    if not value:
        return None
    if name == "depends_on":
        return f"(depends: {', '.join(value)})"
    if name == "waiting_on":
        told = re.sub(r"([()\\])", r"\\\1", value) if _is_uneven(value) else value
        return f"(waits: {told})"
    if re.fullmatch(_BARE, value):
        return f"@{value}"
    return '@"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _is_uneven(text: str) -> bool:
    """Whether its brackets, or a backslash, would end it early."""
    return "\\" in text or _closing(f"({text})", 0, len(text) + 2) != len(text) + 1


def _light(title: str) -> str:
    return re.sub(r"\\(?=[@(\\])", r"\\\\", title)


def _full(title: str) -> str:
    return _STARTS.sub(r"\\", _light(title))
