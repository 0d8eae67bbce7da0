"""What a client remembers of all tokens it was given, in whatever order the answers come."""

import random
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from statehub.cache import Snapshot
from statehub.exchange import Memory
from statehub.labels import covers
from statehub.tokens import Cut, Token

EPOCH = "a" * 12
OTHER = "b" * 12


@dataclass
class History:
    """Transactions of a database, each of which adds to a revision; and what readers and writers are given."""

    next_xid: int = 700
    open: list[int] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    readings: list[tuple[Token, frozenset[int]]] = field(default_factory=list)
    answers: list[tuple[Token, frozenset[int]]] = field(default_factory=list)
    _written: dict[int, tuple[Token, frozenset[int]]] = field(default_factory=dict)

    def begin(self) -> None:
        """A transaction writes, and reads its own token; as PostgreSQL says it, a snapshot leaves out its own id."""
        xid, self.next_xid = self.next_xid, self.next_xid + 1
        seen = frozenset(self.done | {xid})
        self._written[xid] = Token(EPOCH, *self._revisions(seen), self._cut(), xid), seen
        self.open.append(xid)

    def end(self, which: int) -> None:
        """One of them commits, and is answered."""
        if self.open:
            xid = self.open.pop(which % len(self.open))
            self.done.add(xid)
            self.answers.append(self._written[xid])

    def read(self) -> None:
        """A snapshot."""
        seen = frozenset(self.done)
        reading = Token(EPOCH, *self._revisions(seen), self._cut()), seen
        self.readings.append(reading)
        self.answers.append(reading)

    def _cut(self) -> Cut:
        xmax = max(self.done, default=699) + 1
        running = frozenset(xid for xid in self.open if xid < xmax)
        return Cut(min([xmax, *self.open]), xmax, running)

    @staticmethod
    def _revisions(seen: frozenset[int]) -> tuple[int, int]:
        return len([xid for xid in seen if xid % 3]), len(seen)


def snapshot_of(token: Token) -> Snapshot:
    revisions = {"core": token.core, "progress": token.progress}
    return Snapshot(token.epoch, revisions, {}, str(token.cut), "", {})


STEPS = st.lists(st.sampled_from("bber") | st.integers(0, 3), max_size=30)


@given(STEPS, st.randoms(use_true_random=False))
# two writes that have not seen each other, and a reading between their ends
@example(["b", "b", 0, "r", 0, "r"], random.Random(0))  # noqa: S311
@example(["b", "b", "b", 2, 1, "r", 0, "r"], random.Random(1))  # noqa: S311
def test_what_covers_the_memory_has_all_that_was_seen_and_the_newest_always_does(
    steps: list[str | int], chance: random.Random
) -> None:
    history = History()
    for step in steps:
        if isinstance(step, int):
            history.end(step)
        elif step == "b":
            history.begin()
        else:
            history.read()
    while history.open:
        history.end(0)
    answers = list(history.answers)
    chance.shuffle(answers)
    history.read()
    memory, seen = Memory("http://hub", {}), frozenset[int]()
    for token, had in answers:
        memory.see(str(token))
        seen |= had
        assert memory.token
        known = Token.parse(memory.token)
        for reading, read in history.readings:
            if covers(snapshot_of(reading), known):
                assert read >= seen
        assert covers(snapshot_of(history.readings[-1][0]), known)


def test_a_write_that_another_has_not_seen_is_remembered_beside_it() -> None:
    one, other = Token(EPOCH, 6, 1, Cut(700, 700), 700), Token(EPOCH, 6, 1, Cut(700, 700), 701)
    memory = Memory("http://hub", {})
    for token in (one, other, one, Token(EPOCH, 5, 1, Cut(700, 700))):
        memory.see(str(token))
    assert memory.token == str(Token(EPOCH, 6, 1, Cut(700, 701), 701))
    whole = str(Token(EPOCH, 7, 1, Cut(702, 702)))
    memory.see(whole)
    assert memory.token == whole, "as the hub gave it"


def test_a_database_that_came_back_after_a_crash_or_from_a_copy_is_believed() -> None:
    memory = Memory("http://hub", {})
    memory.see(str(Token(EPOCH, 5, 1, Cut(700, 710))))
    after_crash = str(Token(EPOCH, 5, 1, Cut(705, 705)))  # the last five were rolled back, and are forgotten
    restored = str(Token(OTHER, 1, 1, Cut(600, 600)))
    for token in (after_crash, restored, "a token of a later version"):
        memory.see(token)
        assert memory.token == token
    memory.see(after_crash)
    assert memory.token == after_crash
