"""Markdown with YAML frontmatter: its fields as JSON, and the text below. Nothing in it is trusted."""

import re
from dataclasses import dataclass
from typing import Any

from statehub.repos.yaml_nodes import Refused, json_of, kind, line_of, read_mapping

MAX_CHARS = 16 * 2**10
_FENCED = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
# names such as @ada are written bare, which YAML has another use for
_BARE_NAME = re.compile(r"(?m)^([ \t]*(?:\w+:|-)[ \t]+)(@[^\s'\",\[\]]+)[ \t]*$")
_BARE_IN_LIST = re.compile(r"(?<=[\[,])([ \t]*)(@[\w./-]+)(?=[ \t]*[,\]])")


@dataclass(frozen=True)
class Page:
    """`fields` of the frontmatter, scalars as text where they are no plain JSON; `body` is what stands below."""

    fields: dict[str, Any]
    body: str


def frontmatter_length(text: str) -> int:
    """How many characters of YAML there are to read; 0 where it will not be read."""
    match = _FENCED.match(text)
    length = len(match["fields"]) if match else 0
    return length if length <= MAX_CHARS else 0


def read_page(text: str) -> Page:
    """Read one page. Raises Refused, with the line in the file, for what has no frontmatter that can be read."""
    match = _FENCED.match(text)
    if match is None:
        raise Refused(1, "has no frontmatter")
    written = match["fields"]
    if len(written) > MAX_CHARS:
        raise Refused(1, f"has a frontmatter over {MAX_CHARS // 1024} KiB")
    written = _BARE_IN_LIST.sub(r'\1"\2"', _BARE_NAME.sub(r'\1"\2"', written))
    try:
        root = read_mapping(written)
        fields: dict[str, Any] = {}
        for name, node in root.value if root else ():
            if kind(name) != "str" or name.value in fields:
                raise Refused(line_of(name), f"has a key that is no word or stands twice: {str(name.value)[:80]!r}")
            fields[str(name.value)] = json_of(node)
    except Refused as refused:
        raise Refused(refused.line + 1 if refused.line else 1, str(refused)) from None
    return Page(fields, text[match.end() :].replace("\r\n", "\n"))
