"""Access tokens: one word each, `secret` or `name:secret`. DATA_DIR/token holds one a line, for its owner only."""

import fcntl
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from statehub.errors import Conflict, NotFound, SettingsError

FILE = "token"
LONGEST_NAME = 100
SECRET_BYTES = 32
MOST_BYTES = 2**20  # of the file: more than that is another file
_WORD = re.compile(r"[!-+\--~]+")  # printable, no comma: the setting has several with commas


class AccessToken(NamedTuple):
    """Who its bearer is, None where it says nothing; and the whole word, as it is sent."""

    name: str | None
    word: str

    @property
    def secret(self) -> str:
        """What nobody else may know of it."""
        return self.word if self.name is None else self.word[len(self.name) + 1 :]


def parse(word: str) -> AccessToken:
    """Raises ValueError for what is no token."""
    name, colon, secret = word.partition(":")
    if not _WORD.fullmatch(word) or (colon and not (secret and 0 < len(name) <= LONGEST_NAME)):
        raise ValueError
    return AccessToken(name if colon else None, word)


def path_of(data_dir: Path) -> Path:
    """Where a data directory keeps its tokens."""
    return data_dir / FILE


def read(data_dir: Path) -> list[AccessToken]:
    """The tokens of that directory's file; none without one. Raises SettingsError for a file that must not be used."""
    path = path_of(data_dir)
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise SettingsError(f"{path} is not a plain file")
        if found.st_uid != os.geteuid():
            raise SettingsError(f"{path} belongs to another user: take it away, or run as its owner")
        if found.st_mode & 0o077:
            raise SettingsError(f"{path} is open to other users: chmod 600 {path}, and custodian token rotate")
        lines = os.read(file, MOST_BYTES).decode("ascii", "replace").split()
    finally:
        os.close(file)
    try:
        tokens = [parse(line) for line in lines]
    except ValueError:
        raise SettingsError(
            f"{path} holds something that is no token: one word a line, name:secret or secret"
        ) from None
    if not tokens:
        raise SettingsError(f"{path} is empty: take it away, and custodian token create writes a new one")
    return tokens


def create(data_dir: Path, name: str | None) -> AccessToken:
    """Add a token. Raises Conflict where that name has one."""
    made = generate(name)
    with _held(data_dir):
        tokens = read(data_dir)
        if any(token.name == name for token in tokens):
            raise Conflict(f"there is a token {_called(name)}; custodian token rotate replaces it, --name adds another")
        _write(data_dir, [*tokens, made])
    return made


def rotate(data_dir: Path, name: str | None) -> AccessToken:
    """Replace a token. Raises NotFound where that name has none."""
    made = generate(name)
    if not data_dir.is_dir():
        raise _missing(name)
    with _held(data_dir):
        tokens = read(data_dir)
        if all(token.name != name for token in tokens):
            raise _missing(name)
        _write(data_dir, [made if token.name == name else token for token in tokens])
    return made


def generate(name: str | None) -> AccessToken:
    """A new token. Raises SettingsError for a name that cannot stand in one."""
    import secrets  # every command reads tokens, one makes them

    secret = secrets.token_urlsafe(SECRET_BYTES)
    try:
        made = parse(secret if name is None else f"{name}:{secret}")
    except ValueError:
        made = None
    if made is None or made.name != name:
        takes = f"at most {LONGEST_NAME} printable ASCII characters, no space, comma or colon"
        raise SettingsError(f"the name {name!r} cannot stand in a token: it takes {takes}")
    return made


def select(tokens: Sequence[AccessToken], name: str | None) -> list[AccessToken]:
    """Those of that name; all without one. Raises NotFound where there is none."""
    if found := [token for token in tokens if name in (None, token.name)]:
        return found
    raise _missing(name)


def _missing(name: str | None) -> NotFound:
    return NotFound(f"there is no token {_called(name)}; custodian token create makes one")


def _called(name: str | None) -> str:
    return "without a name" if name is None else f"of the name {name}"


@contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    """One writer at a time; makes the directory."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(data_dir: Path, tokens: Sequence[AccessToken]) -> None:
    temporary = data_dir / f".{FILE}.new"
    with suppress(FileNotFoundError):
        temporary.unlink()  # of a writer that was killed
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(file, "w", encoding="ascii") as opened:  # noqa: PTH123  (a descriptor)
        opened.writelines(f"{token.word}\n" for token in tokens)
        opened.flush()
        os.fsync(file)
    temporary.replace(path_of(data_dir))
