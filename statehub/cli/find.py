"""`custodian search`, and which repository a directory is for `custodian context`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.cli.columns import aligned, colours, cut, width_of_output
from statehub.cli.project_files import checkout_of, is_at
from statehub.cli.text import clean
from statehub.errors import NotFound

if TYPE_CHECKING:
    from statehub.client import Client

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def hit_lines(hits: list[Any]) -> list[str]:
    """Two lines a hit: what it is; and the place that matches, where that is not its title."""
    width, marks = width_of_output(), colours()
    heads = aligned([(h["name"], h["kind"], h["status"], h["title"], h["repo"]) for h in hits], 3, width)
    lines = []
    for hit, head in zip(hits, heads, strict=True):
        lines.append(head)
        if hit["highlight"]["field"] not in ("title", "code", "slug", "name"):
            lines.append("    " + _highlighted(hit["highlight"]["parts"], width and width - 4, marks=marks))
    return lines


def _highlighted(parts: list[str], width: int | None, *, marks: bool) -> str:
    """Parts by turns not matched and matched; cut as a whole, so that no mark is cut."""
    told, room = "", 10**9 if width is None else width
    if width is not None and len(parts[0]) > width // 3:  # the first match is seen, however narrow it is
        parts = ["…" + parts[0][-(width // 3) :], *parts[1:]]
    for number, part in enumerate(parts):
        # cleaning takes spaces at the ends, which stand between the parts
        text = "".join(char if char == " " else clean(char) for char in " ".join(part.split("\n")))
        shown = cut(text, room) if room > 1 else ""
        told += f"{BOLD}{shown}{PLAIN}" if marks and number % 2 and shown else shown
        room -= len(shown) if shown.isascii() else 2 * len(shown)
    return told


def slug_of(client: "Client", place: Path) -> str:
    """The repository of a directory: by its classification, else by its path or name among the registered ones.

    Raises NotFound, and says what to do.
    """
    here, root = _place_of(place)
    if (root / ".repo-classification.yaml").is_file() and (slug := _classified(root)):
        return slug
    repos = list(client.pages(calls.repos.list(fields="slug,path", limit=500)))
    for folder in (each for each in (here, *here.parents) if each.is_relative_to(root)):
        for repo in repos:
            if is_at(repo["path"], folder):
                return repo["slug"]
    name = root.name.lower()
    if any(repo["slug"] == name for repo in repos):
        return name
    raise NotFound(
        f"{root} is no repository of this hub; name one with --repo (custodian repo list has them),"
        f" or register it: custodian register-project --domain DOMAIN --path {shlex.quote(str(root))}"
    )


def _place_of(place: Path) -> tuple[Path, Path]:
    """A directory, and the top of the checkout that it is in, else itself."""
    here = place.expanduser().resolve()
    if not here.is_dir():
        raise NotFound(f"{place} is no directory")
    return here, checkout_of(here)


def _classified(root: Path) -> str | None:
    from statehub.repos.classification import read_file

    reading = read_file(root)
    if reading.classification:
        return reading.classification.slug
    for problem in reading.problems:
        print(f"custodian: {clean(problem)}", file=sys.stderr)
    return None
