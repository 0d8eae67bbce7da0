"""The YAML at the top of a workplan: what it says of the plan, where, and how one value of it is changed."""

import json
import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from statehub.repos.classification import nearest
from statehub.repos.task_line import Unwritable, plain
from statehub.repos.yaml_nodes import Refused, called, kind, read_mapping, yaml_of

KEYS = ("id", "title", "status", "owner", "topic", "depends_on")
FIELDS = KEYS[1:]
DEFAULTS: dict[str, Any] = {"title": "", "status": "proposed", "owner": None, "topic": None, "depends_on": []}
STATUSES = ("proposed", "ready", "active", "blocked", "backlog", "finished", "archived")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MOST_YAML = 64 * 2**10
_FENCED = re.compile(r"\A\ufeff?---[ \t]*(?:\r\n?|\n)(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)", re.M | re.S)


@dataclass(frozen=True)
class Place:
    """A value in the text: from where to where, of which line (from 1); `key_end`: the end of its key."""

    start: int
    end: int
    line: int
    key_end: int
    node: Node


@dataclass(frozen=True)
class FrontMatter:
    """`values` has what stands there; a key that is missing or empty is not in it, but as None or []."""

    end: int
    values: dict[str, Any]
    places: dict[str, Place]
    problems: list[tuple[int, str]]

    def line_of(self, key: str) -> int:
        """Where it stands; a key that does not: where the plan is named."""
        place = self.places.get(key) or self.places.get("id")
        return place.line if place else 1


def read_front_matter(text: str) -> FrontMatter | None:
    """What it says; None where there is none. Raises Refused with the line of the file."""
    found = _FENCED.match(text)
    if found is None:
        return None
    if len(found["yaml"]) > MOST_YAML:
        raise Refused(1, f"has more than {MOST_YAML // 1024} KiB of front matter")
    begin = found.start("yaml")
    try:
        root = read_mapping(found["yaml"])
    except Refused as refused:
        raise Refused(refused.line + 1, str(refused)) from None
    reading = FrontMatter(found.end(), {}, {}, [])
    for key, node in root.value if isinstance(root, MappingNode) else []:
        name = str(key.value)
        if name not in KEYS:
            continue
        at = begin + key.start_mark.index
        line = _lines_before(text, at) + 1
        if name in reading.places:
            reading.problems.append((line, f"{name}: stands twice, first in line {reading.places[name].line}"))
            continue
        start, end = begin + node.start_mark.index, begin + node.end_mark.index
        reading.places[name] = Place(start, end, line, begin + key.end_mark.index, node)
        _take(reading, name, node, line)
    return reading


def changed_value(text: str, name: str, value: Any) -> str:
    """The text with this value of its front matter changed. Raises Unwritable."""
    front = read_front_matter(text)
    if front is None:
        raise Unwritable("the front matter is gone")
    place = front.places.get(name)
    if place is None:
        return _added(text, front, name, value)
    old = text[place.start : place.end]
    if isinstance(place.node, SequenceNode) and not place.node.flow_style:
        return _changed_lines(text, place, value)
    if isinstance(place.node, ScalarNode) and place.node.style in ("|", ">"):
        raise Unwritable(f"{name} is written over several lines; put the value in one")
    if "#" in old and "\n" in old:
        raise Unwritable(f"{name} has comments between its values; put the value in one line")
    if not old.strip():  # nothing stands there
        colon = text.index(":", place.key_end) + 1
        return f"{text[:colon]} {yaml_of(value)}{text[colon:]}"
    return text[: place.start] + _styled(place.node, value) + text[place.end :]


def _take(front: FrontMatter, name: str, node: Node, line: int) -> None:
    value, problem = _list(node) if name == "depends_on" else _word(name, node)
    if problem is not None:
        front.problems.append((line, f"{name}: {problem}"))
    elif value is not None:
        front.values[name] = value
    elif name in ("owner", "topic"):
        front.values[name] = None


def _word(name: str, node: Node) -> tuple[str | None, str | None]:
    if not isinstance(node, ScalarNode):
        return None, f"is {called(node)}; it must be text"
    if kind(node) == "null":
        return None, None
    word = plain(node.value)
    if not word:
        return None, "is empty" if name == "id" else None
    if name == "id" and not CODE.fullmatch(word):
        return None, f"found {word[:100]}; takes letters, digits, dot, dash and underscore, such as STATE-WP-0001"
    if name == "status" and word not in STATUSES:
        meant = nearest(word, STATUSES)
        advice = f"; did you mean {meant}?" if meant else ""
        return None, f"found {word[:100]}; takes {', '.join(STATUSES)}{advice}"
    if name == "title" and len(word) > 1000:
        return None, f"has {len(word):,} characters; takes at most 1,000"
    if name == "owner" and len(word) > 200:
        return None, f"has {len(word):,} characters; takes at most 200"
    return word, None


def _list(node: Node) -> tuple[list[str] | None, str | None]:
    items = node.value if isinstance(node, SequenceNode) else [node]
    if isinstance(node, MappingNode) or not all(isinstance(item, ScalarNode) for item in items):
        return None, "must be a list of workplans, such as [STATE-WP-0001]"
    words = [plain(item.value) for item in items if kind(item) != "null"]
    if wrong := [word for word in words if word and not CODE.fullmatch(word)]:
        return None, f"found {wrong[0][:100]}; takes codes of workplans"
    return [word for word in words if word], None


def _styled(node: Node, value: Any) -> str:
    style = node.style if isinstance(node, ScalarNode) else None
    if isinstance(value, str) and style == '"':
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and style == "'":
        return "'" + value.replace("'", "''") + "'"
    return yaml_of(value)


def _added(text: str, front: FrontMatter, name: str, value: Any) -> str:
    """With a line for it, after the key that comes before it by custom."""
    if value in (None, []):
        return text
    before = [key for key in KEYS[: KEYS.index(name)] if key in front.places]
    ends = [m.end() for m in re.finditer(r"\r\n?|\n", text[: front.end])]
    at = front.places[before[-1]] if before else None
    simple = at is not None and _is_one_line(text, at)
    place = next(end for end in ends if at and end > at.key_end) if simple else ends[0]
    newline = re.search(r"\r\n?|\n", text)
    return f"{text[:place]}{name}: {yaml_of(value)}{newline[0] if newline else chr(10)}{text[place:]}"


def _is_one_line(text: str, place: Place) -> bool:
    return isinstance(place.node, ScalarNode) and "\n" not in text[place.key_end : place.end].rstrip()


def _changed_lines(text: str, place: Place, value: list[str]) -> str:
    """A list with an item a line: lines of items go, or come after the last one."""
    offset = place.start - place.node.start_mark.index
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\r\n]*(?:\r\n?|\n|\Z)", text) if m.group()]
    items = [
        (next(line for line in lines if line[0] <= item.start_mark.index + offset < line[1]), plain(item.value))
        for item in place.node.value
    ]
    wanted = {word.lower() for word in value}
    kept = [line for line, word in items if word.lower() in wanted]
    new = [word for word in value if word.lower() not in {word.lower() for _, word in items}]
    last = items[-1][0]
    shape = re.match(r"([ \t]*-[ \t]+)[^\r\n]*?(\r\n?|\n)$", text[last[0] : last[1]])
    if shape is None:
        raise Unwritable("depends_on cannot be changed as it is written; put it in one line: [ONE, TWO]")
    added = "".join(f"{shape[1]}{yaml_of(word)}{shape[2]}" for word in new)
    told = text[: last[1]] + added + text[last[1] :]
    for start, end in reversed([line for line, word in items if line not in kept]):
        told = told[:start] + told[end:]
    if not value:
        colon = text.index(":", place.key_end) + 1
        told = f"{told[:colon]} []{told[colon:]}"
    return told


def _lines_before(text: str, at: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:at]))
