"""The database is not there yet, is gone for a while, or has no connection left: GETs go on, writes wait a little."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psycopg
import pytest

from statehub.store import base as store
from tests.conftest import Database
from tests.faults.caller import Caller
from tests.faults.checker import Checker
from tests.faults.cluster import Api, Cluster, serving
from tests.running import SUMMARY, Answer, Hub, eventually, problem, running


@pytest.fixture
def hub(database: Database) -> Iterator[Hub]:
    with running(database, poll_interval=0.2) as hub:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        yield hub


def ask(api: Api, method: str, path: str, document: object = None) -> Answer:
    with closing(Caller(api.port, Checker())) as caller:
        return caller.call(method, path, document)


def test_a_process_outlives_a_database_that_comes_late_and_goes_away(mortal: Cluster, tmp_path: Path) -> None:
    url = mortal.url
    mortal.stop("fast")
    with serving(tmp_path, database_url=url, poll_interval="0.1", stale_limit="2") as api:
        eventually(lambda: ask(api, "GET", "/state/health").status == 503, "it serves", within_s=20)
        assert ask(api, "GET", SUMMARY).status == 503
        assert ask(api, "POST", "/progress", {"summary": "too early"}).status == 503
        mortal.start()
        eventually(lambda: ask(api, "GET", SUMMARY).status == 200, "it serves as soon as it can", within_s=10)
        written = ask(api, "POST", "/progress", {"summary": "acknowledged"}).json["id"]
        lines = len(api.log.read_text().splitlines())
        away = time.monotonic()
        mortal.stop("immediate")
        ages = []

        def too_old() -> bool:
            answer = ask(api, "GET", SUMMARY)
            if answer.status == 200:
                ages.append(int(answer.headers["Age"]))
                assert answer.cache in ("stale-error", "hit-revision", "stale")
            return answer.status == 503

        eventually(too_old, "the limit", within_s=10)
        assert time.monotonic() - away > 1.5
        assert ages == sorted(ages)
        assert ages[-1] in (1, 2)
        assert "the limit is 2 s" in ask(api, "GET", SUMMARY).json["detail"]
        seconds = time.monotonic() - away
        assert len(api.log.read_text().splitlines()) - lines < 5 + seconds * 3
        mortal.start()
        eventually(lambda: ask(api, "GET", SUMMARY).status == 200, "it is back", within_s=10)
        assert written in [event["id"] for event in ask(api, "GET", SUMMARY + "?refresh=true").json["recent_progress"]]
        assert api.process.poll() is None
        assert api.stop() == 0


def test_when_every_backend_is_killed_reads_go_on_and_the_pool_heals(hub: Hub) -> None:
    over, statuses = threading.Event(), []

    def read() -> None:
        while not over.is_set():
            statuses.append(hub.get(SUMMARY).status)

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        for _ in range(3):
            for name in ("statehub api", "statehub listener"):
                for pid in hub.sessions(name):
                    hub.database.value("select pg_terminate_backend(%s)", pid, options="")
            answer = hub.post("/progress", {"summary": "x"})
            assert answer.status in (201, 503)
            if answer.status == 503:
                problem(answer, 503)
            eventually(lambda: hub.post("/progress", {"summary": "x"}).status == 201, "the pool heals")
            eventually(lambda: hub.listener.is_up, "it listens again")
        over.set()
        reader.result()
    assert set(statuses) == {200}


def test_when_the_pool_is_busy_others_wait_a_little_and_are_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ACQUIRE_TIMEOUT_S", 0.5)
    with closing(hub.database.connect("-c search_path=statehub")) as connection, ThreadPoolExecutor(40) as pool:
        busy: list[Future[Answer]] = []
        query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

        def are_all_taken() -> bool:
            busy.append(pool.submit(hub.get, "/topics"))
            return int(hub.database.value(query, options="")) == 10

        with connection.transaction():
            connection.execute("lock table topics in access exclusive mode")
            eventually(are_all_taken, "all connections are taken", within_s=9)
            asked = time.monotonic()
            problem(hub.post("/progress", {"summary": "x"}), 503)
            assert 0.4 < time.monotonic() - asked < 5
            assert hub.get(SUMMARY).status == 200
            assert hub.listener.is_up, "it has a connection of its own"
        assert {job.result().status for job in busy} <= {200, 503}
        assert [job.result().status for job in busy].count(200) >= 10
    assert hub.post("/progress", {"summary": "x"}).status == 201


def test_when_the_server_has_no_connection_left_writes_are_refused_until_it_has(mortal: Cluster) -> None:
    with running(mortal.database, poll_interval=0.2) as hub, ExitStack() as taken:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        with closing(mortal.admin()) as admin:

            def is_full() -> bool:
                """The app's own sessions are ended, and others take their places."""
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'statehub api'"
                )
                with suppress(psycopg.OperationalError):
                    while True:
                        taken.enter_context(closing(psycopg.connect(mortal.url)))
                return hub.post("/progress", {"summary": "x"}).status == 503

            eventually(is_full, "the server is full", within_s=20)
            assert hub.get(SUMMARY).status == 200
            assert hub.listener.is_up
        taken.close()
        eventually(lambda: hub.post("/progress", {"summary": "x"}).status == 201, "there is room again")
