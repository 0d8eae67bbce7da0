"""changed_events(), list_changes(): each event once, however late its transaction committed."""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.sql.world import API, Connection, Database, insert, value


@pytest.fixture
def sessions(database: Database) -> Iterator[list[Connection]]:
    """Four sessions that commit when told to."""
    with ExitStack() as stack:
        found = [stack.enter_context(closing(database.connect(API))) for _ in range(4)]
        for session in found:
            session.autocommit = False
        yield found


def now(connection: Connection) -> str:
    return str(value(connection, "select snapshot from revisions()"))


def changes(connection: Connection, since: str, own: str | None = None, size: int = 100) -> tuple[list[str], str]:
    """Summaries of all pages since a snapshot, and the snapshot they lead to."""
    found: list[str] = []
    upto, xid, row = None, None, None
    while True:
        answer = connection.execute(
            "select snapshot, items, last_xid, last_id, more"
            " from list_changes(%s::pg_snapshot, %s::xid8, %s::pg_snapshot, %s::xid8, %s, %s)",
            [since, own, upto, xid, row, size],
        ).fetchone()
        assert answer
        snapshot, items, xid, row, more = answer
        upto = upto or snapshot
        found += [event["summary"] for event in json.loads(items)]
        if not more:
            return found, upto


def say(connection: Connection, summary: str) -> None:
    insert(connection, "progress_events", summary=summary, author="me")


def test_what_commits_late_is_seen_by_who_asks_after(owner: Connection, sessions: list[Connection]) -> None:
    early, late, *_ = sessions
    token = now(owner)
    say(early, "early")
    say(late, "late")
    late.commit()
    found, token = changes(owner, token)
    assert found == ["late"]
    early.commit()
    found, token = changes(owner, token)
    assert found == ["early"]
    assert changes(owner, token)[0] == []


def test_what_is_rolled_back_is_never_seen(owner: Connection, sessions: list[Connection]) -> None:
    token = now(owner)
    say(sessions[0], "never")
    assert changes(owner, token)[0] == []
    sessions[0].rollback()
    assert changes(owner, token)[0] == []


def test_the_asker_may_count_a_transaction_as_seen(owner: Connection, sessions: list[Connection]) -> None:
    token = now(owner)
    xid = value(sessions[0], "select pg_current_xact_id()::text")
    say(sessions[0], "mine")
    sessions[0].commit()
    say(owner, "theirs")
    assert changes(owner, token, own=xid)[0] == ["theirs"]
    assert changes(owner, token)[0] == ["mine", "theirs"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_are_of_the_first_page_s_snapshot(owner: Connection, size: int) -> None:
    token = now(owner)
    for number in range(5):
        say(owner, f"number {number}")
    assert changes(owner, token, size=size)[0] == [f"number {number}" for number in range(5)]


@pytest.mark.parametrize("seed", range(5))
def test_each_event_is_seen_exactly_once_whatever_overlaps(
    owner: Connection, sessions: list[Connection], seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311
    token, seen, said = now(owner), [], []
    pending: list[list[str]] = [[] for _ in sessions]
    for number in range(60):
        session = rng.randrange(len(sessions))
        if rng.random() < 0.6:
            say(sessions[session], f"event {number}")
            pending[session].append(f"event {number}")
        else:
            if rng.random() < 0.8:
                sessions[session].commit()
                said += pending[session]
            else:
                sessions[session].rollback()
            pending[session] = []
        if rng.random() < 0.4:
            found, token = changes(owner, token, size=rng.choice([1, 2, 100]))
            seen += found
            assert sorted(seen) == sorted(said)
    assert len(said) > 10


def test_events_of_before_a_new_epoch_are_not_told(owner: Connection) -> None:
    token = now(owner)
    say(owner, "before")
    owner.execute("select start_epoch(true)")
    say(owner, "after")
    assert changes(owner, token)[0] == ["after"]
