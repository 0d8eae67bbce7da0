"""After a crash PostgreSQL gives transaction ids again that nobody had committed; tokens are made of them."""

import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from statehub.queries import queries
from tests.conftest import API
from tests.faults.cluster import Cluster, cluster
from tests.running import SUMMARY, Answer, Hub, eventually, running


@pytest.fixture(scope="module")
def lazy() -> Iterator[Cluster]:
    """A server that writes its log only when somebody commits."""
    with cluster(wal_writer_delay="10s") as made:
        yield made


def crash_after_rollbacks(made: Cluster, hub: Hub) -> tuple[Answer, int]:
    """A summary that has seen transactions end which are forgotten, and the id of the first of them."""
    with closing(made.database.connect(API)) as connection:
        first = 0
        for _ in range(50):
            with connection.transaction(force_rollback=True):
                row = connection.execute(
                    "insert into progress_events (summary, author) values ('x', 'y') returning xid::text::bigint"
                ).fetchone()
                assert row
                first = first or row[0]
        before = hub.get(SUMMARY + "?refresh=true")
        assert made.signal(connection.info.backend_pid, signal.SIGKILL)
        eventually(lambda: connection.closed or not _answers(connection), "the crash")
    made.wait()
    return before, first


def _answers(connection: object) -> bool:
    try:
        connection.execute("select 1")  # type: ignore[attr-defined]
    except Exception:
        return False
    return True


def written(hub: Hub) -> Answer:
    """An event, once it can be appended."""
    return eventually(
        lambda: answer if (answer := hub.post("/progress", {"summary": "after the crash"})).status == 201 else None,
        "a write",
        within_s=20,
    )


def test_a_write_after_a_crash_is_shown_to_who_asks_for_it(lazy: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(queries(), "flush_snapshot", "select 1")  # so that the ids are given again
    with running(lazy.database, listen=False, poll_interval=3600.0) as hub:
        _, first = crash_after_rollbacks(lazy, hub)
        answer = written(hub)
        [again] = [
            lazy.database.value("select xid::text::bigint from progress_events where id = %s", answer.json["id"])
        ]
        assert first <= again < first + 50, "the id was given before"
        shown = hub.get(SUMMARY, X_StateHub_Min_Revision=answer.headers["X-StateHub-Revision"])
        assert shown.json["recent_progress"][0]["id"] == answer.json["id"]


def test_an_event_after_a_crash_is_in_the_delta_since_before_it(lazy: Cluster) -> None:
    with running(lazy.database, listen=False, poll_interval=3600.0) as hub:
        before, _ = crash_after_rollbacks(lazy, hub)
        answer = written(hub)
        delta = hub.get(f"/state/changes?since={before.headers['X-StateHub-Revision']}").json["items"]
        assert [event["id"] for event in delta] == [answer.json["id"]]
