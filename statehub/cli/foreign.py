"""Reads other tools' files for an import. What cannot be sent is left out, and said."""

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from statehub.errors import Invalid, NotFound, TooLarge

if TYPE_CHECKING:  # it needs pydantic's typing
    from statehub.answers import Skipped

MOST_BYTES = 60 * 2**20  # a request has 64 MiB, and JSON has quotes to escape
MOST_IN_REQUEST = 64 * 2**20 - 10_000
KEPT = ("tasks", "completed", "drafts")
FOLDERS = ("backlog", ".backlog")


def check_size(document: object, advice: str = "") -> None:
    """Raises TooLarge for what a request cannot carry: a hub that refuses a body while it comes cannot say why."""
    size = len(json.dumps(document, ensure_ascii=False).encode(errors="replace"))
    if size > MOST_IN_REQUEST:
        raise TooLarge(f"this is {size / 2**20:.0f} MiB as JSON; a request takes 64 at most{advice}")


def text_of(file: Path, advice: str = "") -> str:
    """The file as text. Raises Invalid, naming the place, for what is none."""
    text, unread = lines_of(file, advice)
    for row in unread:
        raise Invalid(f"{file}, {row['name']}: {row['why']}")
    return text


def lines_of(file: Path, advice: str = "") -> "tuple[str, list[Skipped]]":
    """The file as text, a line that is none left empty; and those lines."""
    lines: list[str] = []
    unread: list[Skipped] = []
    for number, line in enumerate(_content(file, advice=advice).split(b"\n"), 1):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text, why = "", "is not UTF-8"
        else:
            why = "has a NUL byte" if "\0" in text else ""
        if why:
            unread.append({"name": f"line {number}", "why": why})
        lines.append("" if why else text)
    return "\n".join(lines), unread


def files_of(folder: Path) -> "tuple[dict[str, str], list[Skipped]]":
    """The Markdown files and the settings in a Backlog.md folder, by path; and those that cannot be read."""
    places = (folder, *(folder / name for name in FOLDERS))
    root = next((place for place in places if any((place / kept).is_dir() for kept in KEPT)), None)
    if root is None:
        raise NotFound(f"{folder} is no Backlog.md folder: it has none of {', '.join(KEPT)}")
    files: dict[str, str] = {}
    unread: list[Skipped] = []
    size = 0
    for place, below, names in os.walk(root):
        below.sort()
        for name in sorted(names):
            path = Path(place) / name
            shown = path.relative_to(root).as_posix().encode(errors="replace").decode()
            try:
                content = _content(path, follow=False)
                files[shown] = content.decode()
            except (UnicodeDecodeError, TooLarge, Invalid) as error:
                why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.detail
                unread.append({"name": shown, "why": why})
                continue
            if "\0" in files[shown] + shown:
                del files[shown]
                unread.append({"name": shown, "why": "has a NUL byte"})
            size += len(content)
    if size > MOST_BYTES:
        raise TooLarge(f"{root} has {size / 2**20:.0f} MiB; an import takes {MOST_BYTES // 2**20} at most")
    return files, unread


def _content(file: Path, *, follow: bool = True, advice: str = "") -> bytes:
    try:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        link = not follow and file.is_symlink()
        raise Invalid("is a link, which is not followed" if link else f"cannot be read: {error.strerror}") from None
    with os.fdopen(opened, "rb") as source:
        status = os.fstat(source.fileno())
        if not (stat.S_ISREG(status.st_mode) or (follow and stat.S_ISFIFO(status.st_mode))):
            raise Invalid("is no file")
        if status.st_size > MOST_BYTES:
            told = f"has {status.st_size / 2**20:.0f} MiB; an import takes {MOST_BYTES // 2**20} at most{advice}"
            raise TooLarge(told if not follow else f"{file} {told}")
        if follow:
            os.set_blocking(source.fileno(), True)
        return source.read()
