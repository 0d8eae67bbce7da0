"""Reads `.repo-classification.yaml`: what a repository is. Every problem has its file, line, and what is allowed.

The file is somebody else's: no reading of it raises, and none takes long.
"""

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from statehub.repos.yaml_nodes import (
    CALLED,
    UNSTORABLE,
    Refused,
    called,
    json_of,
    kind,
    line_of,
    looks_boolean,
    read_mapping,
    yaml_of,
)
from statehub.vocabularies import DOMAINS, RepoCategory

FILE_NAME = ".repo-classification.yaml"
SCHEMA = "repo-classification/v1.0"
CATEGORIES: tuple[str, ...] = get_args(RepoCategory)
KEYS = ("schema", "slug", "name", "category", "domain", "capability_tags", "business_stake", "topic")
OPTIONAL = ("topic",)
# words of the request that registers a repository; a file that all see cannot say them for each machine and writer
RESERVED = ("path", "remote_url", "author", "author_kind")
MAX_BYTES = 16 * 2**10
MOST_WORDS = 100
LONGEST_WORD, LONGEST_NAME = 200, 1000
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
SLUG_FORM = "lower-case letters, digits, dot, dash and underscore, at most 63, the first a letter or digit"


@dataclass(frozen=True)
class Problem:
    """What is wrong in which line (from 1; 0: the file as a whole); `allowed` may be empty, `nearest` None."""

    file: str
    line: int
    key: str
    message: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        told = [f"{self.key}: {self.message}" if self.key else self.message]
        told += [f"takes {', '.join(self.allowed)}"] if self.allowed else []
        told += [f"did you mean {self.nearest}?"] if self.nearest else []
        return f"{place}: {'warning: ' if self.severity == 'warning' else ''}{'; '.join(told)}"


@dataclass(frozen=True)
class Classification:
    """A valid file. `more`: the keys that are none of ours, as JSON values."""

    slug: str
    name: str
    category: str
    domain: str
    capability_tags: tuple[str, ...] = ()
    business_stake: tuple[str, ...] = ()
    topic: str | None = None
    schema: str = SCHEMA
    more: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """What `PUT /repos/{slug}/classification` takes."""
        found = {key: getattr(self, key) for key in KEYS}
        found |= {key: list(found[key]) for key in ("capability_tags", "business_stake")}
        return {key: value for key, value in found.items() if value is not None} | self.more

    def text(self) -> str:
        """The file."""
        return "".join(f"{yaml_of(key)}: {yaml_of(value)}\n" for key, value in self.document().items())


@dataclass(frozen=True)
class Reading:
    """What a file says: None where a problem is an error; and all problems."""

    classification: Classification | None
    problems: tuple[Problem, ...]


def read_file(place: Path, topics: tuple[str, ...] | None = None) -> Reading:
    """Read the file, or the one in this directory. That it cannot be read is a problem too."""
    path = place / FILE_NAME if place.is_dir() else place
    try:
        with path.open("rb") as file:
            return read(file.read(MAX_BYTES + 1), str(path), topics)
    except FileNotFoundError:
        return _only(str(path), 0, "is not there")
    except (OSError, ValueError) as error:
        return _only(str(path), 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def read(content: bytes, file: str = FILE_NAME, topics: tuple[str, ...] | None = None) -> Reading:
    """Read the content of a file. With `topics`, its topic must be one of them."""
    if len(content) > MAX_BYTES:
        return _only(file, 0, f"is over {MAX_BYTES // 1024} KiB; no classification is that long")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _only(file, content.count(b"\n", 0, error.start) + 1, "is not UTF-8; save it as UTF-8")
    try:
        root = read_mapping(text.removeprefix("\ufeff"))
    except Refused as refused:
        return _only(file, refused.line, str(refused))
    if root is None:
        return _only(file, 0, f"is empty; it needs {', '.join(KEYS[:-1])}")
    found = _Fields(file, topics)
    if text.startswith("\ufeff"):
        found.problem(1, "", "starts with a byte order mark; save it without one", severity="warning")
    return found.read(root)


def nearest(word: str, words: tuple[str, ...]) -> str | None:
    """The word that was probably meant, if any comes close."""
    matches = get_close_matches(word.strip().lower(), words, 1, 0.6)
    return matches[0] if matches else None


class _Fields:
    """Collects the problems of one file."""

    def __init__(self, file: str, topics: tuple[str, ...] | None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.allowed = {"schema": (SCHEMA,), "category": CATEGORIES, "domain": DOMAINS}
        if topics is not None:
            self.allowed["topic"] = topics

    def problem(
        self, line: int, key: str, message: str, allowed: tuple[str, ...] = (), word: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:  # fmt: skip
        meant = nearest(word, allowed) if word else None
        self.problems.append(Problem(self.file, line, key, message, allowed, meant, severity))

    def read(self, root: MappingNode) -> Reading:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for name, node in root.value:
            line, key = line_of(name), str(name.value) if kind(name) == "str" else ""
            if node.value == "" and node.style is None:
                node.start_mark = name.start_mark  # nothing stands where the next thing begins
            if not (key and key.isprintable()):
                self.problem(line, "", f"a key is {called(name)}; it must be a word that can be printed")
            elif key in lines:
                self.problem(line, key, f"stands twice, first in line {lines[key]}")
            else:
                lines[key] = line
                found[key] = self.value(key, node)
        if missing := [key for key in KEYS if key not in found and key not in OPTIONAL]:
            self.problem(0, "", f"lacks {', '.join(missing)}")
        problems = tuple(self.problems)
        if any(problem.severity == "error" for problem in problems):
            return Reading(None, problems)
        ours = {key: value for key, value in found.items() if key in KEYS}
        more = {key: value for key, value in found.items() if key not in (*KEYS, *RESERVED)}
        return Reading(Classification(**ours, more=more), problems)

    def value(self, key: str, node: Node) -> Any:
        if key in ("capability_tags", "business_stake"):
            return self.words(key, node)
        if key not in KEYS:
            what = "left out" if key in RESERVED else "kept as it is"
            self.problem(line_of(node), key, f"is no key of this schema; it is {what}", KEYS, key, "warning")
            try:
                return json_of(node)
            except Refused as refused:
                self.problem(refused.line, key, str(refused))
                return None
        if (word := self.text(key, node)) is None:
            return None
        if key in ("slug", "topic") and not SLUG.fullmatch(word):
            self.problem(line_of(node), key, f"found {_shown(word)}; takes {SLUG_FORM}")
        elif word not in self.allowed.get(key, (word,)):
            self.problem(line_of(node), key, f"found {_shown(word)}", self.allowed[key], word)
        elif key == "name" and not (word.strip() and len(word) <= LONGEST_NAME):
            self.problem(line_of(node), key, f"must have 1 to {LONGEST_NAME:,} characters, not only spaces")
        return word

    def text(self, key: str, node: Node) -> str | None:
        word, allowed, found = str(node.value), self.allowed.get(key, ()), ""
        if not isinstance(node, ScalarNode) or kind(node) not in CALLED:
            found = f"is {called(node)}; it must be text"
        elif kind(node) == "null":
            found = "is empty"
        elif looks_boolean(node):
            found = f"found {word}, which YAML readers take for a boolean; put it in quotes"
        elif kind(node) != "str":
            found = f"found {_shown(word)}, which is {called(node)}; put it in quotes"
        elif UNSTORABLE.search(word):
            found = "has a NUL or a lone surrogate; remove it"
        else:
            return word
        self.problem(line_of(node), key, found, allowed)
        return None

    def words(self, key: str, node: Node) -> tuple[str, ...]:
        if not isinstance(node, SequenceNode) or kind(node) != "seq":
            self.problem(line_of(node), key, f"is {called(node)}; it must be a list, such as [one, two] or []")
            return ()
        if len(node.value) > MOST_WORDS:
            self.problem(line_of(node), key, f"has {len(node.value)} words; takes at most {MOST_WORDS}")
        found: list[str] = []
        for item in node.value:
            word = self.text(key, item)
            if word is not None and not (word.strip() and len(word) <= LONGEST_WORD):
                self.problem(line_of(item), key, f"each word must have 1 to {LONGEST_WORD} characters, not only spaces")
            elif word is not None and word in found:
                self.problem(line_of(item), key, f"{_shown(word)} stands twice; it counts once", severity="warning")
            elif word is not None:
                found.append(word)
        return tuple(found)


def _only(file: str, line: int, message: str) -> Reading:
    return Reading(None, (Problem(file, line, "", message),))


def _shown(word: str) -> str:
    return json.dumps(word if len(word) <= 80 else word[:80] + "…", ensure_ascii=not word.isprintable())
