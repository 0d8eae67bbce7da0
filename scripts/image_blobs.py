"""Blobs in chunks, on disk: resumed after a crash, and mended where a chunk came damaged. Standard library only.

A registry gives a digest for the whole blob and none for a part of it. So each
chunk is held to its length and Content-Range, and its own SHA-256 is noted when
it has come. When the blob's digest does not hold, chunks whose bytes on disk
are not what was noted are fetched again; if it still does not, every chunk is
fetched once more and compared, and where two copies differ a third decides.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from image_registry import Passing, PullError, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COPIES = 5  # of a chunk, until two are the same
PIECE = 2**18


def digest_of(file: Path) -> str:
    """`sha256:…` of what is on disk."""
    found = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            found.update(piece)
    return f"sha256:{found.hexdigest()}"


@dataclass
class Blob:
    """A config or layer: `<hex>` in the folder when it is whole, `<hex>.part` and `<hex>.chunks` before."""

    registry: Registry
    folder: Path
    digest: str
    size: int
    chunk_bytes: int
    came: Callable[[int], None] = lambda _: None
    # number of a chunk → SHA-256 of it as it came
    noted: dict[int, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / self.digest.partition(":")[2]

    @property
    def part(self) -> Path:
        return self.file.with_suffix(".part")

    @property
    def journal(self) -> Path:
        return self.file.with_suffix(".chunks")

    def pull(self) -> None:
        """Until the file is whole and has its digest. Raises PullError when that cannot be had."""
        if self.file.exists() and self.file.stat().st_size == self.size and digest_of(self.file) == self.digest:
            self.came(self.size)
            return
        self._take_up()
        self._fetch_missing()
        if digest_of(self.part) != self.digest:
            self._mend()
        with self.part.open("rb") as whole:
            os.fsync(whole.fileno())
        self.part.replace(self.file)
        self.journal.unlink(missing_ok=True)

    def chunks(self) -> Iterator[tuple[int, int, int]]:
        """Number, begin and length of each."""
        for number, begin in enumerate(range(0, self.size, self.chunk_bytes)):
            yield number, begin, min(self.chunk_bytes, self.size - begin)

    def _take_up(self) -> None:
        """What an earlier run has noted, and is on disk as noted."""
        head = f"{self.chunk_bytes} {self.size}\n"
        known: dict[int, str] = {}
        if self.journal.exists():
            first, *lines = self.journal.read_text(encoding="ascii", errors="replace").splitlines(keepends=True) or [""]
            if first == head:  # else other chunks: what is there helps nobody
                rows = (re.fullmatch(r"(\d+) ([0-9a-f]{64})\n", line) for line in lines)
                known = {int(row[1]): row[2] for row in rows if row}  # the last line may be half
        self.part.touch()
        os.truncate(self.part, self.size)
        self.noted = {number: noted for number, noted in known.items() if self._on_disk(number) == noted}
        text = head + "".join(f"{number} {noted}\n" for number, noted in self.noted.items())
        self.journal.write_text(text, encoding="ascii")
        self.came(sum(length for number, _, length in self.chunks() if number in self.noted))

    def _fetch_missing(self) -> None:
        for number, begin, length in self.chunks():
            if number not in self.noted:
                content = self._fetch(number, begin, length)
                if number not in self.noted:
                    self._keep(number, content)

    def _mend(self) -> None:
        tell = self.registry.tell
        spoilt = [number for number, _, _ in self.chunks() if self._on_disk(number) != self.noted[number]]
        if spoilt:
            tell(f"{len(spoilt)} chunks of {self.digest[:19]} are on disk not as they came; fetching those again")
            for number in spoilt:
                self.came(-self._length(number))
                del self.noted[number]
            self._fetch_missing()
            if digest_of(self.part) == self.digest:
                return
        tell(f"{self.digest[:19]} came damaged; fetching its chunks again to find out which")
        differed = 0
        for number, begin, length in self.chunks():
            seen = Counter({self.noted[number]: 1})
            while max(seen.values()) < 2 and sum(seen.values()) < COPIES:
                content = self._fetch(number, begin, length, anew=True)
                noted = hashlib.sha256(content).hexdigest()
                seen[noted] += 1
                if seen[noted] == 2 and noted != self.noted[number]:
                    self._write(number, content)
            differed += len(seen) > 1
        if digest_of(self.part) != self.digest:
            self.part.unlink()
            self.journal.unlink(missing_ok=True)
            how = f"{differed} of them differed" if differed else "each the same as before"
            raise PullError(
                f"{self.digest} cannot be had: its chunks came twice, {how}, and the whole is something else."
                " The registry, or what stands between, sends wrong bytes; nothing of it was kept"
            )
        tell(f"mended; wrong chunks: {differed}")

    def _fetch(self, number: int, begin: int, length: int, *, anew: bool = False) -> bytes:
        """One chunk, by a range; from a server that knows no ranges all before it come too, and what lacks is kept."""

        def ask() -> bytes:
            url = self.registry.url("blobs", self.digest)
            end = begin + length - 1
            with self.registry.open(url, Range=f"bytes={begin}-{end}") as answer:
                if answer.status == 200 and length < self.size:
                    return self._read_on(answer, number, anew)
                told = answer.headers.get("Content-Range", "none")
                if answer.status == 206 and told not in (f"bytes {begin}-{end}/{of}" for of in (self.size, "*")):
                    raise Passing(f"asked for bytes {begin}-{end} of {self.size}, got {told}")
                return _exactly(answer, length)

        content: bytes = self.registry.again(ask)
        return content

    def _read_on(self, answer: Any, wanted: int, anew: bool) -> bytes:
        """Chunk after chunk from the begin of the blob to the one that is wanted; with what lacks to the end."""
        content = b""
        for number, _, length in self.chunks():
            read = _exactly(answer, length)
            if number == wanted:
                content = read
            if anew and number == wanted:
                break
            if not anew and number not in self.noted:
                self._keep(number, read)
        return content

    def _keep(self, number: int, content: bytes) -> None:
        self._write(number, content)
        self.came(len(content))

    def _write(self, number: int, content: bytes) -> None:
        """To disk first, then noted."""
        with self.part.open("r+b") as part:
            part.seek(number * self.chunk_bytes)
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        self.noted[number] = hashlib.sha256(content).hexdigest()
        with self.journal.open("a", encoding="ascii") as journal:
            journal.write(f"{number} {self.noted[number]}\n")

    def _on_disk(self, number: int) -> str:
        with self.part.open("rb") as part:
            part.seek(number * self.chunk_bytes)
            return hashlib.sha256(part.read(self._length(number))).hexdigest()

    def _length(self, number: int) -> int:
        return max(0, min(self.chunk_bytes, self.size - number * self.chunk_bytes))


def _exactly(answer: Any, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = answer.read(min(PIECE, length - len(found)))
        if not piece:
            raise Passing(f"the connection ended after {len(found)} of {length} bytes")
        found += piece
    return bytes(found)
