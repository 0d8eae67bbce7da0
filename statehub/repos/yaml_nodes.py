"""YAML with the line of everything in it. Depth and aliases are bounded first; to bound the size is the caller's."""

import json
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

# the parser's time grows with the square of the depth: 60,000 brackets took it two minutes
MAX_DEPTH = 10
# what YAML 1.1 takes for a boolean and 1.2 for a word
BOOLEANS = ("y", "n", "yes", "no", "on", "off", "true", "false")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"
CALLED = {
    "str": "text", "map": "a mapping", "seq": "a list", "int": "a number", "float": "a number", "bool": "a boolean",
    "null": "nothing", "timestamp": "a date",
}  # fmt: skip


class Refused(Exception):
    """This is not taken: why, and in which line (from 1; 0: the text as a whole)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_mapping(text: str) -> MappingNode | None:
    """The mapping that the text is; None when it is empty. Raises Refused, and nothing else."""
    try:
        _check(text)
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        unended = "stream" in (error.problem or "")  # then it is told where it began, not where the text ends
        mark = error.context_mark if unended and error.context_mark else error.problem_mark
        told = ", ".join(str(part) for part in (error.context, error.problem) if part)
        raise Refused(mark.line + 1 if mark else 0, f"is no YAML: {told}{_advice(text, mark)}") from None
    except (YAMLError, ValueError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise Refused(line, f"is no YAML: {str(error).splitlines()[0]}") from None
    if root is None or kind(root) == "null":
        return None
    if not isinstance(root, MappingNode) or kind(root) != "map":
        raise Refused(line_of(root), f"is {called(root)}; it must be a mapping, key: value")
    return root


def _check(text: str) -> None:
    depth = documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise Refused(line, f"is nested more than {MAX_DEPTH} deep")
        if documents > 1:
            raise Refused(line, "a second document starts here; there must be one")
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise Refused(line, f"anchors and aliases are not taken (found {event.anchor!r}); write the value out")


def line_of(node: Node) -> int:
    """Where it stands, from 1."""
    return int(node.start_mark.line) + 1


def kind(node: Node) -> str:
    """Its type in YAML's words: str, int, map, …"""
    return str(node.tag).removeprefix(_TAG)


def called(node: Node) -> str:
    """Its type in people's words."""
    return CALLED.get(kind(node)) or f"of the type {kind(node)[:50]!r}"


def looks_boolean(node: Node) -> bool:
    """Whether some YAML readers would take this word for a boolean."""
    return isinstance(node, ScalarNode) and node.style is None and node.value.lower() in BOOLEANS


def json_of(node: Node) -> Any:
    """The value as JSON; what JSON has no word for stays text. Raises Refused for what cannot be stored."""
    if isinstance(node, SequenceNode):
        return [json_of(item) for item in node.value]
    if isinstance(node, MappingNode):
        found = {str(json_of(name)): json_of(value) for name, value in node.value}
        if len(found) < len(node.value):
            raise Refused(line_of(node), "has a key twice")
        return found
    word = str(node.value)
    if UNSTORABLE.search(word):
        raise Refused(line_of(node), "has a NUL or a lone surrogate; remove it")
    match kind(node):
        case "null":
            return None
        case "bool":
            return word.lower() == "true"
        case "int" if re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", word):
            return int(word)
        case "float" if re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,15}", word):
            return float(word)
    return word


def yaml_of(value: Any) -> str:
    """A JSON value in one line of YAML; words without quotes, where every reader takes them for words."""
    if isinstance(value, list):
        return f"[{', '.join(map(yaml_of, value))}]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9 _./-]*(?<! )", value):
        return value if value.lower() not in (*BOOLEANS, "null") else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)


def _advice(text: str, mark: Any) -> str:
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    return "; indent with spaces, not tabs" if line.lstrip(" ").startswith("\t") else ""
