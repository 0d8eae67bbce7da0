"""The checker: judges what clients are told. Each promise that is broken is a line in `violations`."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.oracle import Oracle, comparable_core

LIMIT_S = 30.0  # no request takes longer, whatever happens
_LABEL = re.compile(rb'"revision":\{"token":"([^"]+)","core":(\d+),"progress":(\d+)\}')
_MARK = re.compile(rb'"(M\d+) #(\d+)"')

Key = tuple[str, int]


@dataclass(frozen=True)
class Seen:
    """What an answer says: its label, and the highest number that each writer has left in it."""

    token: str
    epoch: str
    core: int
    progress: int
    marks: Mapping[str, int]


@dataclass
class Checker:
    """All that was seen by all clients. Safe for threads."""

    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    # marks and events whose commit somebody was told of
    marks: dict[str, int] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    # (process, when, how old the answer said it was)
    ages: list[tuple[int, float, int]] = field(default_factory=list)
    _core: dict[Key, bytes] = field(default_factory=dict)
    _progress: dict[Key, bytes] = field(default_factory=dict)
    _served: Counter[tuple[str, Key]] = field(default_factory=Counter)
    _compared: set[tuple[str, Key]] = field(default_factory=set)
    _marks: dict[Key, Mapping[str, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wrong(self, what: str) -> None:
        """A promise was broken."""
        with self._lock:
            if len(self.violations) < 50:
                self.violations.append(what)

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def timed(self, what: str, seconds: float, limit_s: float = LIMIT_S) -> None:
        """A request took that long."""
        self.slowest[what] = max(self.slowest.get(what, 0.0), seconds)
        if seconds > limit_s:
            self.wrong(f"{what} took {seconds:.1f} s; the limit is {limit_s:.0f} s")

    def acknowledge(self, mark: str, number: int) -> None:
        """A client was told that this write is committed."""
        with self._lock:
            self.marks[mark] = max(self.marks.get(mark, 0), number)

    def read(self, body: bytes, header_token: str) -> Seen:
        """Take an answer in: the same revision must always have had the same bytes."""
        found = _LABEL.search(body)
        assert found, body[:200]
        token, core, progress = found[1].decode(), int(found[2]), int(found[3])
        epoch, core_36, progress_36 = token.split(".")[:3]
        if token != header_token or (int(core_36, 36), int(progress_36, 36)) != (core, progress):
            self.wrong(f"the labels of one answer differ: {header_token}, {token}, {core}, {progress}")
        middle = body.index(b',"recent_progress"')
        parts = (
            ("core", (epoch, core), self._core, body[body.index(b'"totals"') : middle]),
            ("progress", (epoch, progress), self._progress, body[middle + 1 : -1]),
        )
        with self._lock:
            self.counts["reads"] += 1
            for section, key, known, content in parts:
                self._served[section, key] += 1
                if known.setdefault(key, content) != content:
                    self.violations.append(f"two contents of {section} were served as revision {key[1]}")
            marks = self._marks.get((epoch, core))
            if marks is None:
                content = parts[0][3]
                marks = self._marks[epoch, core] = {m[1].decode(): int(m[2]) for m in _MARK.finditer(content)}
        return Seen(token, epoch, core, progress, marks)

    def not_older(self, seen: Seen, before: Seen | None, who: str) -> None:
        """A client that has seen `before` must not go back."""
        if before is None or before.epoch != seen.epoch:
            return
        if seen.core < before.core or seen.progress < before.progress:
            self.wrong(f"{who} went back from {before.core}/{before.progress} to {seen.core}/{seen.progress}")
        self.has(seen, before.marks, f"{who}, after a newer answer,")

    def has(self, seen: Seen, marks: Mapping[str, int], who: str) -> None:
        """The answer must include these writes."""
        for mark, number in marks.items():
            if seen.marks.get(mark, -1) < number:
                self.wrong(f"{who} was not shown {mark} #{number}, but {mark} #{seen.marks.get(mark)}")

    def aged(self, process: int, age_s: int) -> None:
        """An answer said how long ago it was known to be current."""
        if age_s > 0:
            with self._lock:
                self.ages.append((process, time.monotonic(), age_s))

    def compare(self, oracle: Oracle) -> None:
        """Every revision that both have seen must have been served as the oracle saw it."""
        self.violations += oracle.violations
        oracle.violations.clear()
        for section, known, look in (
            ("core", self._core, oracle.core_at),
            ("progress", self._progress, oracle.progress_at),
        ):
            for key in [*known]:
                if (section, key) in self._compared or (expected := look(key)) is None:
                    continue
                served: Any = json.loads(b"{" + known[key] + b"}")
                same = comparable_core(served) if section == "core" else served["recent_progress"]
                if same != expected:
                    self.wrong(f"{section} {key[1]} is not what the database held: {_difference(same, expected)}")
                self._compared.add((section, key))

    @property
    def compared(self) -> tuple[int, int, int]:
        """Sections of answers that were compared with the oracle, and of all answers; revisions that were compared."""
        together = sum(number for key, number in self._served.items() if key in self._compared)
        return together, sum(self._served.values()), len(self._compared)


def _difference(one: Any, other: Any) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                return f"{key}: {_difference(one.get(key), other.get(key))}"
    if isinstance(one, list) and isinstance(other, list):
        for number, (left, right) in enumerate(zip(one, other, strict=False)):
            if left != right:
                return f"[{number}] {_difference(left, right)}"
        return f"{len(one)} and {len(other)} long"
    return f"{one!r}, not {other!r}"[:300]
