"""Files of a project that a command changes: only below its directory, only the user's own, whole or as they were."""

import os
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from statehub.errors import Conflict, Forbidden, Invalid, NotFound, StateHubError

MOST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Change:
    """A file as it is (None: not there), and as it shall be. `name` is what people call it."""

    name: str
    path: Path
    before: bytes | None
    after: bytes
    mode: int | None = None  # of a new file; None: what the umask leaves

    @property
    def is_one(self) -> bool:
        """Whether anything would change."""
        return self.before != self.after


def checkout_of(place: Path) -> Path:
    """The top of the checkout that a directory is in, else itself."""
    here = place.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def is_at(path: str | None, folder: Path) -> bool:
    """Whether a path that the hub keeps is that of this directory."""
    try:
        return bool(path) and Path(str(path)).expanduser().resolve() == folder
    except (OSError, RuntimeError):  # of another machine, and no path here
        return False


def project_at(place: Path) -> Path:
    """The directory, its own links followed. Raises NotFound, Forbidden, Invalid."""
    try:
        root = place.expanduser().resolve(strict=True)
        found = root.stat()
    except (OSError, RuntimeError) as error:
        raise NotFound(f"{place} cannot be used: {getattr(error, 'strerror', None) or 'no such directory'}") from None
    if not stat.S_ISDIR(found.st_mode):
        raise NotFound(f"{place} is no directory")
    if found.st_uid != os.geteuid():
        raise Forbidden(f"{root} belongs to another user; register it as its owner")
    try:
        str(root).encode()
    except UnicodeEncodeError:
        raise Invalid(f"the path {str(root)!a} is not UTF-8, and cannot be written down in the hub") from None
    return root


def target_of(root: Path, name: str) -> Path:
    """Where that file of the project is, or would be, links followed. Raises Forbidden where one leads out."""
    place = root / name
    try:
        found = place.resolve()
    except (OSError, RuntimeError):
        raise Forbidden(f"{place} is a link that leads nowhere") from None
    if not found.is_relative_to(root):
        raise Forbidden(f"{place} leads out of the project, to {found}; nothing was written")
    return found


def content_of(path: Path) -> bytes | None:
    """What is in it; None where it is not there. Raises Forbidden for what is not the user's own plain file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Forbidden(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):  # a directory cannot even be wrapped
        os.close(file)
        raise Forbidden(f"{path} is no plain file")
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if found.st_uid != os.geteuid():
            raise Forbidden(f"{path} belongs to another user")
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(f"{path} is over {MOST_BYTES // 2**20} MiB")
    return content


def check_writable(change: Change) -> None:
    """Raises Forbidden where it could not be written."""
    folder = next(folder for folder in change.path.parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Forbidden(f"{folder} cannot be written to; {change.name} would be")


def write(changes: Sequence[Change]) -> None:
    """Put all in place; each is written aside first, so that a full disk is found before any is replaced."""
    aside: list[tuple[Path, Change]] = []
    try:
        for change in changes:
            aside.append((_written_aside(change), change))  # noqa: PERF401  (what was made is taken away again)
        for temporary, change in aside:
            if content_of(change.path) != change.before:
                raise Conflict(f"{change.path} has changed meanwhile; run the same command again")
            temporary.replace(change.path)
    except OSError as error:
        raise StateHubError(f"{error.filename or 'a file'} cannot be written: {error.strerror}") from None
    finally:
        for temporary, _ in aside:
            temporary.unlink(missing_ok=True)


def keep_copy(change: Change, ending: str) -> Path:
    """Keep the file as it is beside itself, with its mode; the copy's path. One of that name is never replaced."""
    path = change.path.with_name(change.path.name + ending)
    try:
        mode = stat.S_IMODE(change.path.stat().st_mode)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            os.fchmod(file, mode)
            opened.write(change.before or b"")
    except OSError as error:
        raise StateHubError(f"{path} cannot be written: {error.strerror}; nothing was changed") from None
    return path


def _written_aside(change: Change) -> Path:
    change.path.parent.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(prefix=f".{change.path.name}.", dir=change.path.parent)
    try:
        with os.fdopen(file, "wb") as opened:
            os.fchmod(file, _mode_of(change))
            opened.write(change.after)
            opened.flush()
            os.fsync(file)
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def _mode_of(change: Change) -> int:
    if change.before is not None:
        return stat.S_IMODE(change.path.stat().st_mode)
    if change.mode is not None:
        return change.mode
    mask = os.umask(0)  # nothing reads it otherwise
    os.umask(mask)
    return 0o666 & ~mask
