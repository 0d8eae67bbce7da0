"""Which domain and which short name a project has: by its charter, its classification, its directory."""

import re
from dataclasses import dataclass
from pathlib import Path

from statehub.cli.project_files import content_of, target_of
from statehub.errors import Invalid
from statehub.repos.classification import FILE_NAME, LONGEST_NAME, SLUG, Classification, nearest, read
from statehub.repos.yaml_nodes import Refused, json_of, read_mapping

_CHARTER = re.compile(r"project_charter_v(\d+(?:\.\d+)*)(.*)\.md")
# a line of the frontmatter: a word, in quotes or not, and a comment
_DOMAIN = re.compile(r"""domain:[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s"'#][^#\r\n]*?))?[ \t]*(?:#.*)?""")


@dataclass(frozen=True)
class Classified:
    """What the project's classification says: all of it, where it is valid; else what can be used of it."""

    whole: Classification | None = None
    slug: str | None = None
    domain: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """A domain, and what says so."""

    slug: str
    by: str


def domain_of(given: str | None, root: Path, classified: Classified, known: tuple[str, ...]) -> Domain:
    """The one that is given, else the charter's, else the classification's. Raises Invalid where none is known."""
    found = Domain(given.strip(), "--domain") if given is not None else _by_file(root, classified)
    takes = f"the hub knows {', '.join(known)}"
    if found is None:
        raise Invalid(
            f"nothing says the domain of {root}: no --domain, no `domain:` in the frontmatter of a"
            f" project_charter_v*.md, no {FILE_NAME}; {takes}"
        )
    if found.slug not in known:
        meant = nearest(found.slug, known)
        raise Invalid(
            f"{found.by} says {found.slug[:80]!r}, which is no domain; {takes}"
            + (f"; did you mean {meant}?" if meant else "")
        )
    return found


def _by_file(root: Path, classified: Classified) -> Domain | None:
    if (charter := newest_charter(root)) and (word := domain_in(content_of(target_of(root, charter)) or b"")):
        return Domain(word, charter)
    return Domain(classified.domain, FILE_NAME) if classified.domain else None


def newest_charter(root: Path) -> str | None:
    """Its name: v10 is newer than v9, v1.10 newer than v1.9."""
    found = [
        (match, path.name) for path in root.glob("project_charter_v*.md") if (match := _CHARTER.fullmatch(path.name))
    ]
    return max(found, key=lambda each: (_numbers(each[0][1]), each[1]))[1] if found else None


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()  # v2.0 is v2
    return tuple(numbers)


def domain_in(content: bytes) -> str | None:
    """What the frontmatter says: `domain:` on a line of its own, not indented."""
    lines = content.decode(errors="replace").removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != "---":
        return None
    for line in lines[1:]:
        if line.rstrip() in ("---", "..."):
            break
        if match := _DOMAIN.fullmatch(line):
            return (match[1] or match[2] or match[3] or "").strip() or None
    return None


def classification_of(root: Path, topics: tuple[str, ...]) -> Classified:
    """What the project's file says. A file with problems is not taken as a whole; they are told."""
    content = content_of(target_of(root, FILE_NAME))
    if content is None:
        return Classified()
    reading = read(content, FILE_NAME, topics)
    problems = tuple(str(problem) for problem in reading.problems)
    if found := reading.classification:
        return Classified(found, found.slug, found.domain, problems)
    words = _words(content)
    slug = words.get("slug")
    return Classified(None, slug if slug and SLUG.fullmatch(slug) else None, words.get("domain"), problems)


def _words(content: bytes) -> dict[str, str]:
    """Slug and domain of a file that is not valid, where it can be read at all."""
    try:
        root = read_mapping(content.decode().removeprefix("\ufeff"))
        pairs = {str(name.value): json_of(value) for name, value in root.value} if root else {}
    except (UnicodeDecodeError, Refused):
        return {}
    return {key: value for key in ("slug", "domain") if isinstance(value := pairs.get(key), str)}


def slug_of_name(name: str) -> str:
    """A short name of a directory's name. Raises Invalid where nothing of it can stay."""
    lower = name.encode().lower().decode()  # of ASCII alone, as a shell does it
    if SLUG.fullmatch(lower):
        return lower
    slug = re.sub(r"^[._-]+|-+$", "", re.sub(r"[^a-z0-9._]+", "-", lower)[:63])
    if not SLUG.fullmatch(slug):
        raise Invalid(f"{name!r} makes no short name; write one into {FILE_NAME} (slug: my-project)")
    return slug


def name_of(root: Path) -> str:
    """What people call the project: its directory's name."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in root.name).split())
    return shown[:LONGEST_NAME] or "project"
