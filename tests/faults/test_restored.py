"""An older state is put in under a running hub: it is adopted, loudly, and tokens of the former history are told so."""

import logging
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Database, temporary_database
from tests.running import SUMMARY, Hub, eventually, problem, running

IS_BEGUN = "select epoch_identity() = (select identity from epochs order by number desc limit 1)"


@pytest.fixture
def hub(database: Database) -> Iterator[Hub]:
    with running(database, poll_interval=0.1) as hub:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        yield hub


def swap(server: str, database: Database, older: Database) -> None:
    """Put `older` in the place of `database`, under its name."""
    name, other = (str(conninfo_to_dict(url)["dbname"]) for url in (database.url, older.url))
    with closing(psycopg.connect(server, autocommit=True)) as admin:
        admin.execute(f"alter database {name} allow_connections false".encode())
        for known in (name, other):
            admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [known])
        admin.execute(f"alter database {name} rename to {name}_x".encode())
        admin.execute(f"alter database {other} rename to {name}".encode())
        admin.execute(f"alter database {name}_x rename to {other}".encode())
        admin.execute(f"alter database {other} allow_connections true".encode())


def test_an_older_copy_is_adopted_and_its_tokens_are_of_another_epoch(
    hub: Hub, database: Database, server: str, template: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = hub.post("/progress", {"summary": "will be gone"})
    token = before.headers["X-StateHub-Revision"]
    assert hub.get(SUMMARY, X_StateHub_Min_Revision=token).status == 200
    with temporary_database(server, template, renew=False) as older, caplog.at_level(logging.WARNING):
        older.value("insert into progress_events (summary, author) values ('of the copy', 'y') returning 1")
        swap(server, database, older)
        eventually(lambda: "of the copy" in hub.get(SUMMARY).body.decode(), "it is adopted", within_s=15)
        assert "will be gone" not in hub.get(SUMMARY).body.decode()
        assert hub.cache.counts.regressions >= 1
        assert "adopted" in caplog.text
        problem(hub.get(SUMMARY, X_StateHub_Min_Revision=token), 410)
        problem(hub.get(f"/state/changes?since={token}"), 410)
        told = hub.get(f"/state/wait?since={token}&timeout=5")
        assert told.json["sections"] == ["core", "progress"]
        eventually(lambda: hub.get(f"/state/changes?since={hub.settled().json['revision']['token']}").status == 200)
        # a copy is adopted before the poll has begun an epoch for it
        eventually(lambda: database.value(IS_BEGUN), "the hub begins an epoch for it")
        after = hub.post("/progress", {"summary": "a new beginning"})
        shown = hub.get(SUMMARY, X_StateHub_Min_Revision=after.headers["X-StateHub-Revision"])
        assert shown.json["recent_progress"][0]["id"] == after.json["id"]


def test_a_revision_that_goes_back_in_its_epoch_is_adopted_and_its_tokens_are_refused(
    hub: Hub, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        token = hub.post("/progress", {"summary": f"event {number}"}).headers["X-StateHub-Revision"]
    seen = hub.get(SUMMARY, X_StateHub_Min_Revision=token).json["revision"]
    with caplog.at_level(logging.WARNING), closing(database.connect("-c search_path=statehub")) as connection:
        with connection.transaction():  # as pg_restore --clean does, which changes nothing that names an epoch
            connection.execute("set session_replication_role = replica")
            connection.execute("select fold()")
            connection.execute("update revisions set base = base - 3 where section = 'progress'")
        eventually(
            lambda: hub.get(SUMMARY).json["revision"]["progress"] < seen["progress"], "it is adopted", within_s=10
        )
    assert hub.cache.counts.regressions >= 1
    assert "adopted" in caplog.text
    problem(hub.get(SUMMARY, X_StateHub_Min_Revision=token), 410)
