"""A workplan as its file has it. Markdown decides what is a task: no line in code, a quote or a comment is one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from statehub.repos.front_matter import FrontMatter, read_front_matter
from statehub.repos.task_line import DEFAULTS, TaskLine, read_line
from statehub.repos.workplan_codes import Codes
from statehub.repos.yaml_nodes import Refused

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_BYTES = 2**20
LONGEST_TITLE, LONGEST_NAME = 1000, 200
_LINES = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
_MARKERS = [re.compile(rf"^{sign}{{7}}(?: [^\r\n]*)?\r?$", re.MULTILINE) for sign in "<=>"]


@dataclass(frozen=True)
class Item:
    """A task: its line (from 0), where its item ends, how deep its list is, and its code (None: no number yet)."""

    at: int
    end: int
    depth: int
    task: TaskLine
    code: str | None


@dataclass(frozen=True)
class Workplan:
    """A file that could be read. `problems`: line (from 1) and what is wrong there; `broken`: tasks of such lines.

    `heading`: the last line of one that says Tasks.
    """

    text: str
    code: str
    front: FrontMatter
    lines: list[str]
    codes: Codes
    problems: list[tuple[int, str]]
    items: list[Item] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    heading: int | None = None

    @property
    def tasks(self) -> dict[str, Item]:
        """Those with a number, by code."""
        return {item.code: item for item in self.items if item.code is not None}


def text_of(content: bytes) -> str:
    """The text of a file. Raises Refused for what is better left alone: another encoding, a merge, a giant."""
    if len(content) > MAX_BYTES:
        raise Refused(1, f"is over {MAX_BYTES // 1024} KiB; no workplan is that long")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Refused(content.count(b"\n", 0, error.start) + 1, "is not UTF-8; save it as UTF-8") from None
    if (merging := _unmerged(text)) is not None:
        raise Refused(text.count("\n", 0, merging) + 1, "has the markers of a merge; resolve it, then sync")
    return text


def _unmerged(text: str) -> int | None:
    """Where the first of the three markers stands, one after the other."""
    found = [_MARKERS[0].search(text)]
    for marker in _MARKERS[1:]:
        found.append(marker.search(text, found[-1].end()) if found[-1] else None)
    return found[0].start() if found[0] and all(found) else None


def read_workplan(text: str, codes_of: Callable[[str], Codes]) -> Workplan | None:
    """The plan; None for a file without front matter. Raises Refused where it cannot be taken as one."""
    front = read_front_matter(text)
    if front is None:
        return None
    code = front.values.get("id")
    if code is None:
        line, message = next(
            (p for p in front.problems if p[1].startswith("id:")), (1, "has no id, such as DEMO-WP-0001")
        )
        raise Refused(line, message)
    codes = codes_of(code)
    lines = _LINES.findall(text)
    found = Workplan(text, code, front, lines, codes, list(front.problems))
    first = len(_LINES.findall(text[: front.end]))
    tokens = _markdown().parse(text[front.end :])
    _take_items(found, tokens, first)
    heading = next((at + first for at, name in _headings(tokens) if name == "tasks"), None)
    return replace(found, items=_numbered_once(found), heading=heading)


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _headings(tokens: "list[Token]") -> "Iterator[tuple[int, str]]":
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            yield opening.map[1] - 1, inline.content.strip().strip(":").lower()


def _boxes(tokens: "list[Token]") -> "Iterator[tuple[int, int, int]]":
    """Items of lists that begin with text: first line, end, depth of the list."""
    quotes = depth = 0
    for token, inner in pairwise(tokens):
        quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        depth += token.type.endswith("_list_open") - token.type.endswith("_list_close")
        if token.type == "list_item_open" and inner.type == "paragraph_open" and not quotes:
            (start, end), inside = token.map or (0, 0), inner.map or (0, 0)
            if start == inside[0]:
                yield start, end, depth


def _take_items(found: Workplan, tokens: "list[Token]", first: int) -> None:
    for start, stop, depth in _boxes(tokens):
        at, end = start + first, stop + first
        task = read_line(parted(found.lines[at])[0], found.code, found.codes.words)
        if task is None:
            continue
        while end > at + 1 and not found.lines[end - 1].strip():
            end -= 1
        code = found.codes.code_of(task.number) if task.number else None
        problem = _problem(task)
        if problem is None:
            found.items.append(Item(at, end, depth, task, code))
        elif problem:
            found.problems.append((at + 1, problem))
            found.broken.update([code.lower()] if code else [])


def _problem(task: TaskLine) -> str | None:
    """What is wrong with it; None where nothing is, empty where it is somebody's own box."""
    values = task.values
    if not values["status"]:
        ours = task.number or not task.mark.isalnum()
        return f"found [{task.mark}]; takes [ ] todo, [/] progress, [!] wait, [x] done, [-] cancel" if ours else ""
    if not values["title"]:
        ours = task.number or values != {**DEFAULTS, "status": values["status"]}
        return f"{task.number or 'a task'} has no title; write one" if ours else ""
    if len(values["title"]) > LONGEST_TITLE:
        return f"a title takes at most {LONGEST_TITLE:,} characters"
    if len(values["assignee"] or "") > LONGEST_NAME:
        return f"a name takes at most {LONGEST_NAME} characters"
    return None


def _numbered_once(found: Workplan) -> list[Item]:
    """Of several lines with one number that counts which has the task's title; of a new task, the first. All are told.

    Where none has, nobody knows which it is, and the task is left alone.
    """
    lines: dict[str, list[Item]] = {}
    for item in found.items:
        if item.code is not None:
            lines.setdefault(item.code.lower(), []).append(item)
    dropped: list[Item] = []
    for code, same in lines.items():
        titles = found.codes.titles.get(code, {same[0].task.values["title"]})
        meant = next((item for item in same if item.task.values["title"] in titles), None) if same[1:] else same[0]
        others = [item for item in same if item is not meant]
        dropped += others
        if meant is None:
            found.broken.add(code)
        for item in others:
            stays = meant or same[0]
            where = f"also in line {stays.at + 1}" if stays is not item else f"also in line {same[1].at + 1}"
            told = f"{item.task.number} stands twice, {where}; take its number off for a new one"
            found.problems.append((item.at + 1, told))
    return [item for item in found.items if item not in dropped]


def parted(line: str) -> tuple[str, str]:
    """A line and its end."""
    raw = line.rstrip("\r\n")
    return raw, line[len(raw) :]
