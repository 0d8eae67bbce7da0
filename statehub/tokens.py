"""Revision tokens: opaque to clients, exact to us.

A token holds the epoch, the revision of each section, the `pg_snapshot` it was
read in, and for a write its transaction, which counts as seen. As text:
`epoch.core.progress.xmin.span[.xip…][~xid]`, numbers in base 36, `span` being
xmax - xmin and each xip its distance from xmin, so that it stays short.
"""

from dataclasses import dataclass
from typing import Self

from statehub.errors import Malformed

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 4096
_END = 2**62  # the sum of two is still a bigint


def _write(number: int) -> str:
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text


def _read(text: str) -> int:
    if not text or len(text) > 13 or not set(text) <= set(_DIGITS):
        raise ValueError(text)
    if (number := int(text, 36)) >= _END:
        raise ValueError(text)
    return number


@dataclass(frozen=True)
class Cut:
    """What a transaction sees: a `pg_snapshot`."""

    xmin: int
    xmax: int
    xip: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From PostgreSQL's `xmin:xmax:xip,xip,…`."""
        xmin, xmax, xip = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(int(x) for x in xip.split(",") if x))

    def sees(self, xid: int) -> bool:
        """Whether the transaction had committed (or aborted) when this was taken."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.xip)

    def covers(self, other: "Cut", xid: int | None = None) -> bool:
        """Whether this sees all that `other` sees, and transaction `xid`."""
        if xid is not None and not self.sees(xid):
            return False
        if any(other.sees(x) for x in self.xip):
            return False
        return not any(other.sees(x) for x in range(self.xmax, other.xmax))

    def __str__(self) -> str:
        """As PostgreSQL writes it."""
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, sorted(self.xip)))}"


@dataclass(frozen=True)
class Token:
    """What a client has seen."""

    epoch: str
    core: int
    progress: int
    cut: Cut
    xid: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its text. Raises Malformed for anything that `str` did not write."""
        try:
            if len(text) > _LONGEST:
                raise ValueError
            seen, tilde, own = text.partition("~")
            epoch, *parts = seen.split(".")
            core, progress, xmin, span, *xip = (_read(part) for part in parts)
            if len(epoch) != 12 or not set(epoch) <= set("0123456789abcdef"):
                raise ValueError
            cut = Cut(xmin, xmin + span, frozenset(xmin + x for x in xip))
            token = cls(epoch, core, progress, cut, _read(own) if tilde else None)
            if str(token) != text:
                raise ValueError
            return token
        except ValueError:
            raise Malformed("this is no revision token; take one from X-StateHub-Revision or revision.token") from None

    def __str__(self) -> str:
        cut = self.cut
        numbers = [
            self.core,
            self.progress,
            cut.xmin,
            cut.xmax - cut.xmin,
            *sorted(x - cut.xmin for x in cut.xip),
        ]
        text = ".".join([self.epoch, *map(_write, numbers)])
        return text if self.xid is None else f"{text}~{_write(self.xid)}"
