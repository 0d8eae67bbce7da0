"""Real processes: two workers on one socket, and the end of one under load."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import OWNER, Database
from tests.faults.caller import Caller
from tests.faults.checker import Checker
from tests.faults.cluster import Api, serving
from tests.faults.sse import following
from tests.hubs import CUSTODIAN
from tests.running import SUMMARY, Answer, eventually


def ask(api: Api, method: str, path: str, document: object = None) -> Answer:
    with closing(Caller(api.port, Checker())) as caller:
        return caller.call(method, path, document)


@pytest.fixture
def api(database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(tmp_path, database_url=database.url) as api:
        eventually(lambda: ask(api, "GET", SUMMARY).status == 200, "it serves", within_s=20)
        yield api


def test_a_write_through_one_worker_is_told_by_all(database: Database, tmp_path: Path) -> None:
    words = [*CUSTODIAN[2:], "serve", "--workers", "2"]
    with serving(tmp_path, words, database_url=database.url) as api, ExitStack() as stack:
        eventually(lambda: ask(api, "GET", SUMMARY).status == 200, "it serves", within_s=20)
        query = (
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'statehub listener'"
        )
        eventually(lambda: database.value(query, options="") == 2, "both listen", within_s=20)
        clients = [stack.enter_context(following(api.port)) for _ in range(16)]
        for client in clients:
            client.first()
        written = ask(api, "POST", "/progress", {"summary": "by one"}).headers["X-StateHub-Revision"]
        for client in clients:
            change = client.change()
            assert change
            assert change["section"] == "progress"
            assert change["revision"] >= int(written.split(".")[2], 36)
        assert api.stop() == 0


def test_a_process_that_is_told_to_end_under_load_ends_in_time_and_loses_nothing(api: Api, database: Database) -> None:
    over, acknowledged = threading.Event(), list[str]()

    def write(number: int) -> None:
        checker = Checker()  # what breaks off at the end is no fault
        with closing(Caller(api.port, checker)) as caller:
            while not over.is_set() and not checker.violations:
                text = f"writer {number}, event {len(acknowledged)}"
                if caller.call("POST", "/progress", {"summary": text}).status == 201:
                    acknowledged.append(text)

    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        clients = [stack.enter_context(following(api.port)) for _ in range(20)]
        for client in clients:
            client.first()
        jobs = [pool.submit(write, number) for number in range(4)]
        eventually(lambda: len(acknowledged) > 50, "writes")
        begun = monotonic()
        assert api.stop() == 0, api.log.read_text()[-2000:]
        assert monotonic() - begun < 10
        over.set()
        for job in jobs:
            job.result()
        for client in clients:
            while client.change(within_s=1):
                pass
    with closing(database.connect(OWNER)) as connection:
        kept = {row[0] for row in connection.execute("select summary from progress_events")}
    assert set(acknowledged) <= kept
    assert "Traceback" not in api.log.read_text()
