"""`custodian classify`: repositories by what their `.repo-classification.yaml` says; and a first such file."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.cli.text import clean
from statehub.errors import Conflict, Invalid, NotFound, StateHubError
from statehub.repos.classification import (
    CATEGORIES,
    FILE_NAME,
    SLUG,
    SLUG_FORM,
    Classification,
    Problem,
    nearest,
    read,
    read_file,
)
from statehub.vocabularies import DOMAINS

if TYPE_CHECKING:
    from statehub.client import Client

REMOTE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of one repository: registered, changed, unchanged, skipped or failed; and why."""

    repo: str
    path: str
    result: str
    why: str = ""
    problems: list[str] = field(default_factory=list)


def register(client: "Client", places: list[Path]) -> Iterator[Outcome]:
    """Register, or reclassify, the repository at each of these places."""
    topics = _topics(client)
    for place in places:
        yield _classified(client, _top_of(place), topics)


def register_known(client: "Client", slug: str | None = None) -> Iterator[Outcome]:
    """The same for one registered repository, or for all that are active. Raises NotFound for an unknown one."""
    topics = _topics(client)
    if slug is not None:
        found: list[Any] = [client.do(calls.repos.get(slug))]
    else:
        found = list(client.pages(calls.repos.list(fields="slug,path", status="active", sort="slug", limit=500)))
    for repo in found:
        name, path = repo["slug"], repo["path"]
        if not path:
            yield Outcome(name, "", "skipped", f"it has no path here; set one: custodian repo set {name} --path DIR")
        elif not Path(path).expanduser().is_dir():
            yield Outcome(name, path, "skipped", "its path is not on this machine")
        else:
            yield _classified(client, Path(path).expanduser().resolve(), topics, expected=name)


def _topics(client: "Client") -> tuple[str, ...]:
    return tuple(topic["slug"] for topic in client.pages(calls.topics.list(limit=500, fields="slug")))


def _top_of(place: Path) -> Path:
    """The repository that a path names: a directory with the file, the file, or somewhere in a checkout."""
    here = place.expanduser().resolve().parent if place.name == FILE_NAME else place.expanduser().resolve()
    if not here.is_dir():
        raise NotFound(f"{place} is no directory")
    above = (here, *here.parents)
    if (here / FILE_NAME).exists():
        return here
    return next((folder for folder in above if (folder / ".git").exists()), here)


def _classified(client: "Client", root: Path, topics: tuple[str, ...], expected: str | None = None) -> Outcome:
    path, name = str(root), expected or root.name
    file = root / FILE_NAME
    if not file.is_symlink() and not file.exists():
        return Outcome(name, path, "failed", f"has no {FILE_NAME}; custodian classify --init writes one")
    if file.is_symlink() or not file.is_file():
        return Outcome(name, path, "failed", f"{FILE_NAME} must be a file of the repository, and no link")
    reading = read_file(file, topics)
    problems = [str(problem) for problem in reading.problems]
    found = reading.classification
    if found is None:
        return Outcome(name, path, "failed", f"{FILE_NAME} breaks the schema", problems)
    if expected is not None and found.slug != expected:
        why = f"the file says slug {found.slug}; mend one of them"
        return Outcome(name, path, "failed", why, problems)
    try:
        before: int | None = client.do(calls.repos.get(found.slug))["version"]
    except NotFound:
        before = None
    try:
        row = client.do(calls.classify_repo(found.slug, {**found.document(), "path": path}))
    except (Conflict, Invalid) as error:
        return Outcome(found.slug, path, "failed", error.detail, problems)
    result = "registered" if before is None else "unchanged" if row["version"] == before else "changed"
    return Outcome(found.slug, path, result, "", problems)


def write_first(place: Path, given: dict[str, Any]) -> Path:
    """Write a first file from these answers, asking on a terminal for the others. Never overwrites.

    Raises Conflict where there is one, Invalid without a terminal where an answer is missing, or for one that does
    not fit.
    """
    root = _top_of(place)
    file = root / FILE_NAME
    if file.exists() or file.is_symlink():
        raise Conflict(f"{file} is there already; edit it, then: custodian classify")
    answers = {key: value for key, value in given.items() if value is not None}
    if sys.stdin.isatty():
        answers |= _asked(answers, root)
    elif missing := [f"--{key}" for key in ("slug", "name", "category", "domain") if key not in answers]:
        raise Invalid(f"there is no terminal to ask on; give {', '.join(missing)} too")
    for key, value in answers.items():
        if why := _problem(key, value):
            raise Invalid(f"--{key}: {why}")
    tags, stakes = (tuple(answers.pop(key, ()) or ()) for key in ("tags", "stakes"))
    text = Classification(**answers, capability_tags=tags, business_stake=stakes).text()
    if problems := read(text.encode(), str(file)).problems:
        raise Invalid("; ".join(problem.message for problem in problems))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already; edit it, then: custodian classify") from None
    except OSError as error:
        raise StateHubError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _asked(given: dict[str, Any], root: Path) -> dict[str, Any]:
    name = _remote_name(root) or root.name
    slug = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:63]
    told = sys.stderr
    print(f"custodian: a first {FILE_NAME} for {clean(root)}; Enter takes what stands in brackets", file=told)
    asked: dict[str, Any] = {}
    for key, default in (("slug", slug), ("name", root.name), ("category", "project"), ("domain", "infotech")):
        if key not in given:
            asked[key] = _ask(key, default, lambda word, key=key: _problem(key, word))  # type: ignore[misc]
    for key, what in (("tags", "capability tags"), ("stakes", "business stakes")):
        if not given.get(key):
            words = _ask(f"{what}, with commas", "", lambda _word: None)
            asked[key] = [word.strip() for word in words.split(",") if word.strip()]
    if "topic" not in given and (
        topic := _ask("topic, if it has one", "", lambda word: word and _problem("topic", word))
    ):
        asked["topic"] = topic
    return asked


def _ask(what: str, default: str, problem: Callable[[str], str | None]) -> str:
    while True:
        shown = f" [{default}]" if default else ""
        try:
            print(f"{what}{shown}: ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            line = ""
        if not line:
            raise Invalid("nothing was written: there was no answer")
        word = line.strip() or default
        if not (why := problem(word)):
            return word
        print(f"  {why}", file=sys.stderr)


def _problem(key: str, value: Any) -> str | None:
    allowed = {"category": CATEGORIES, "domain": DOMAINS}.get(key)
    if allowed and value not in allowed:
        return str(Problem("", 0, "", f"found {value!r}", allowed, nearest(value, allowed))).removeprefix(": ")
    if key in ("slug", "topic") and not SLUG.fullmatch(value):
        return f"takes {SLUG_FORM}"
    return "must not be empty" if key == "name" and not value.strip() else None


def _remote_name(root: Path) -> str | None:
    """The last word of where it was cloned from."""
    with suppress(OSError, subprocess.SubprocessError):
        asked = ["git", "-C", str(root), "remote", "get-url", "origin"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=REMOTE_TIMEOUT_S, check=True).stdout
        return re.split(r"[/:]", told.strip().rstrip("/"))[-1].removesuffix(".git") or None
    return None
