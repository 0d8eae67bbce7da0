"""`GET /state/summary` over HTTP: its shape, its freshness, and what it says of itself."""

import gzip
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest

from statehub.tokens import Token
from tests.running import (
    API,
    SUMMARY,
    Answer,
    Hub,
    eventually,
    held,
    linked,
    problem,
    running,
    waits_for_a_lock,
)

HEAD_KEYS = ["schema", "generated_at", "revision"]
CORE_KEYS = ["totals", "topics", "blocking_decisions", "waiting_tasks", "open_workstreams", "truncated"]
SECONDS = 5.0  # in which a change must be seen, on a machine that does other things too
LONG_POLL = 3600.0


def totals(answer: Answer) -> Any:
    return answer.json["totals"]["tasks"]


def core_bytes(answer: Answer) -> bytes:
    return answer.body[answer.body.index(b'"totals"') : answer.body.index(b'"recent_progress"')]


def plan(hub: Hub) -> Any:
    """A workplan to hang tasks on."""
    slug = f"repo-{random.getrandbits(32):x}"
    hub.created("/repos", slug=slug, name="Repo", domain="infotech")
    return hub.created("/workplans", repo=slug, title="Plan", status="active")["code"]


def retitle(hub: Hub, title: str, *, notify: bool = True) -> None:
    """A change of the core by psql."""
    with closing(hub.database.connect(API)) as connection, connection.transaction():
        if not notify:
            connection.execute("set local statehub.notify = off")
        connection.execute("update topics set title = %s where slug = 'platform'", [title])


def title_of(answer: Answer) -> str:
    [title] = [topic["title"] for topic in answer.json["topics"] if topic["slug"] == "platform"]
    return str(title)


def shows(hub: Hub, title: str) -> bool:
    return title_of(hub.get(SUMMARY)) == title


# --- what it looks like


def test_the_body_has_its_keys_in_their_order(hub: Hub) -> None:
    code = plan(hub)
    hub.created("/tasks", workplan=code, title="One", status="done")
    hub.created("/tasks", workplan=code, title="Two", status="wait", waiting_on="the weather", assignee="ada")
    hub.created("/decisions", topic="platform", title="Which licence?", due_at="2030-01-01T00:00:00Z")
    hub.patch(f"/workplans/{code}", {"topic": "platform", "owner": "ada"})
    found = hub.get(SUMMARY + "?refresh=true").json
    assert list(found) == [*HEAD_KEYS, *CORE_KEYS, "recent_progress"]
    assert found["schema"] == "statehub/summary/1"
    assert list(found["revision"]) == ["token", "core", "progress"]
    assert found["truncated"] == {}
    assert {name: list(counts) for name, counts in found["totals"].items()} == {
        "topics": ["active", "paused", "archived", "total"],
        "workstreams": ["proposed", "ready", "active", "blocked", "backlog", "finished", "archived", "total"],
        "tasks": ["wait", "todo", "progress", "done", "cancel", "total"],
        "decisions": ["open", "resolved", "escalated", "superseded", "total"],
    }
    stub = {"code": code, "title": "Plan", "status": "active", "tasks": {"done": 1, "total": 2}}
    [topic] = [topic for topic in found["topics"] if topic["slug"] == "platform"]
    assert topic["workstreams"] == [stub]
    [opened] = found["open_workstreams"]
    assert list(opened) == [*stub, "repo", "topic", "domain", "owner", "priority", "due_at"]
    assert opened.items() >= stub.items()
    [task] = found["waiting_tasks"]
    assert list(task) == ["code", "title", "workplan", "repo", "priority", "assignee", "waiting_on", "updated_at"]
    assert (task["waiting_on"], task["assignee"], task["workplan"]) == ("the weather", "ada", code)
    [decision] = found["blocking_decisions"]
    expected = ["code", "title", "topic", "workplan", "status", "escalation_note", "due_at", "created_at"]
    assert list(decision) == expected
    assert found["totals"]["tasks"] == {"wait": 1, "todo": 0, "progress": 0, "done": 1, "cancel": 0, "total": 2}
    assert found["totals"]["topics"]["total"] == 6
    event = found["recent_progress"][0]
    expected = ["id", "event_type", "summary", "author", "author_kind", "repo", "topic", "workplan", "task", "decision"]
    assert list(event) == [*expected, "created_at", "occurred_at"]


def test_the_last_twenty_events_are_shown_newest_first(hub: Hub) -> None:
    for number in range(25):
        hub.created("/progress", summary=f"event {number}", occurred_at=f"2099-01-01T00:00:{number:02}Z")
    found = hub.get(SUMMARY + "?refresh=true").json["recent_progress"]
    assert [event["summary"] for event in found] == [f"event {number}" for number in range(24, 4, -1)]


def test_a_list_that_is_cut_says_so_and_the_totals_do_not(hub: Hub) -> None:
    with running(hub.database, summary_limit=2) as small:
        found = small.get(SUMMARY).json
        assert len(found["topics"]) == 2
        assert found["truncated"]["topics"]["total"] == 6
        assert found["totals"]["topics"]["total"] == 6
        more = small.get(found["truncated"]["topics"]["href"])
        assert more.status == 200
        assert len(more.json["items"]) >= 4


def test_the_first_answer_is_built_while_the_caller_waits(hub: Hub) -> None:
    with held(hub.database) as release, running(hub.database) as other, ThreadPoolExecutor() as pool:
        caller = pool.submit(other.get, SUMMARY)
        eventually(lambda: waits_for_a_lock(hub.database), "the first build stands before the lock")
        assert not caller.done()
        release()
        assert caller.result().cache == "miss"
        assert caller.result().headers["Cache-Status"] == "statehub; fwd=miss; stored"
        assert other.get(SUMMARY).cache == "hit-revision"


# --- how fresh it is


def test_after_a_change_the_old_answer_is_served_at_once_and_the_new_one_soon(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        before = hub.settled()
        with held(database) as release:
            retitle(hub, "Ground")
            eventually(lambda: hub.get(SUMMARY).cache == "stale", "the notification")
            eventually(lambda: waits_for_a_lock(database), "the build stands before the lock")
            stale = hub.get(SUMMARY)  # answered while the build cannot go on
            assert stale.body == before.body
            assert stale.headers["Cache-Status"] == "statehub; hit; detail=stale-while-revalidate"
            assert title_of(stale) == "Platform"
            release()
        after = hub.settled()
        assert title_of(after) == "Ground"
        assert after.json["revision"]["core"] > before.json["revision"]["core"]
        assert after.headers["Cache-Status"] == "statehub; hit"
        assert hub.cache.counts.drift == 0


def test_a_change_by_psql_is_shown_within_the_deadline(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        hub.settled()
        for number in range(5):
            retitle(hub, f"Ground {number}")
            eventually(lambda n=number: shows(hub, f"Ground {n}"), within_s=SECONDS)  # type: ignore[misc]


@pytest.mark.parametrize("way", ["?refresh=true", "no-cache"])
def test_a_refresh_has_what_was_committed_before_it(database: Any, way: str) -> None:
    with running(database, poll_interval=LONG_POLL, listen=False) as hub:
        for number in range(30):
            retitle(hub, f"Ground {number}", notify=number % 2 == 0)
            if way == "no-cache":
                answer = hub.get(SUMMARY, Cache_Control="max-age=0, No-Cache")
            else:
                answer = hub.get(SUMMARY + way)
            assert title_of(answer) == f"Ground {number}"
            assert answer.cache == "refresh"
            assert answer.headers["Cache-Status"] == "statehub; fwd=request; stored"


def test_a_refresh_does_not_join_a_build_that_started_before_it(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL, listen=False) as hub, ThreadPoolExecutor() as pool:
        hub.settled()
        retitle(hub, "First")
        with held(database) as release:
            early = pool.submit(hub.get, SUMMARY + "?refresh=true")
            eventually(lambda: waits_for_a_lock(database), "the build stands before the lock")
            hub.execute("insert into topics (slug, title, domain) values ('late', 'Late', 'infotech')")
            want = hub.cache.want
            late = pool.submit(hub.get, SUMMARY + "?refresh=true")
            eventually(lambda: hub.cache.want > want, "the second caller asks")
            release()
        first, second = early.result(), late.result()
        # the label of the first answer is from before the second change, and so is its content
        assert (title_of(first), first.json["totals"]["topics"]["total"]) == ("First", 6)
        assert second.json["totals"]["topics"]["total"] == 7
        assert second.json["revision"]["core"] > first.json["revision"]["core"]


def test_label_and_content_are_of_one_snapshot(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL, listen=False) as hub, ThreadPoolExecutor() as pool:
        hub.settled()
        retitle(hub, "First")
        with held(database, "revisions") as release:
            caller = pool.submit(hub.get, SUMMARY + "?refresh=true")
            eventually(lambda: waits_for_a_lock(database), "the build stands before its label")
            hub.execute("insert into topics (slug, title, domain) values ('late', 'Late', 'infotech')")
            release()
        first, second = caller.result(), hub.get(SUMMARY + "?refresh=true")
        assert second.json["revision"]["core"] > first.json["revision"]["core"]
        assert (first.json["totals"]["topics"]["total"], second.json["totals"]["topics"]["total"]) == (6, 7)


def test_a_hundred_refreshes_at_once_cost_two_builds(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL, listen=False) as hub, ThreadPoolExecutor(100) as pool:
        hub.settled()
        retitle(hub, "First")
        builds = hub.cache.counts.builds
        with held(database) as release:
            early = pool.submit(hub.get, SUMMARY + "?refresh=true")
            eventually(lambda: waits_for_a_lock(database), "the build stands before the lock")
            late = [pool.submit(hub.get, SUMMARY + "?refresh=true") for _ in range(99)]
            eventually(lambda: len(hub.cache._waiters) == 100, "all have asked", within_s=20)
            release()
        assert early.result().cache == "refresh"
        assert {caller.result().cache for caller in late} == {"refresh"}
        assert hub.cache.counts.builds == builds + 2


def test_who_wrote_reads_it_with_the_token_of_the_write(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL, listen=False) as hub:
        old = hub.settled()
        for number in range(20):
            written = hub.patch("/topics/platform", {"title": f"Ground {number}"})
            token = written.headers["X-StateHub-Revision"]
            if number == 0:
                assert hub.get(SUMMARY).body == old.body, "nobody else told of it"
            answer = hub.get(SUMMARY, X_StateHub_Min_Revision=token)
            assert (title_of(answer), answer.cache) == (f"Ground {number}", "refresh")
            again = hub.get(SUMMARY, X_StateHub_Min_Revision=token)
            assert (again.body, again.cache) == (answer.body, "hit-revision")
            own = answer.headers["X-StateHub-Revision"]
            assert hub.get(SUMMARY, X_StateHub_Min_Revision=own).cache == "hit-revision"


def test_a_token_that_is_none_or_of_another_database_is_refused(shared_hub: Hub) -> None:
    token = shared_hub.settled().headers["X-StateHub-Revision"]
    for text in ("", "x", token + "~", "\u00e9", token[::-1]):
        problem(shared_hub.get(SUMMARY, X_StateHub_Min_Revision=text), 400, path=SUMMARY)
    problem(shared_hub.get(SUMMARY, X_StateHub_Min_Revision="0" * 12 + token[12:]), 410, path=SUMMARY)


def test_a_summary_that_cannot_be_built_is_503_and_the_last_one_stays(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        before = hub.settled()
        name = "summary_core(row_limit integer)"
        hub.execute("alter function summary_core(integer) rename to was_core")
        hub.execute(
            f"create function {name} returns bytea language plpgsql as $$ begin raise 'a fault of ours'; end $$"
        )
        token = hub.patch("/topics/platform", {"title": "Ground"}).headers["X-StateHub-Revision"]
        problem(hub.get(SUMMARY + "?refresh=true"), 503, path=SUMMARY)
        problem(hub.get(SUMMARY, X_StateHub_Min_Revision=token), 503, path=SUMMARY)
        stale = hub.get(SUMMARY)
        assert (stale.cache, stale.body) == ("stale-error", before.body)
        hub.execute("drop function summary_core(integer)")
        hub.execute("alter function was_core(integer) rename to summary_core")
        eventually(lambda: shows(hub, "Ground"), within_s=10)
        assert hub.settled().json["revision"]["core"] > before.json["revision"]["core"]


def test_refresh_false_is_an_ordinary_answer(hub: Hub) -> None:
    hub.settled()
    assert hub.get(SUMMARY + "?refresh=false").cache in ("hit-revision", "stale")


def test_a_silent_write_is_seen_within_the_poll_interval_and_counted_as_drift(database: Any) -> None:
    with running(database, poll_interval=0.1) as hub:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        retitle(hub, "Silent", notify=False)
        eventually(lambda: shows(hub, "Silent"), within_s=SECONDS)
        eventually(lambda: hub.cache.counts.drift == 1)


def test_a_notified_write_is_no_drift(database: Any) -> None:
    with running(database, poll_interval=0.001) as hub:
        eventually(lambda: hub.listener.is_up)
        for number in range(60):
            retitle(hub, f"Loud {number}")
        eventually(lambda: shows(hub, "Loud 59"), within_s=SECONDS)
        verified_at = hub.cache.verified_at
        eventually(lambda: hub.cache.verified_at > verified_at + 0.3, "polls after the last write")
        assert hub.cache.counts.drift == 0


def test_without_the_listener_the_poll_keeps_it_fresh(database: Any) -> None:
    with running(database, poll_interval=0.05, listen=False) as hub:
        hub.settled()
        retitle(hub, "Polled")
        eventually(lambda: shows(hub, "Polled"), within_s=SECONDS)


def test_nothing_is_missed_when_the_listener_is_killed(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        eventually(lambda: hub.listener.is_up)
        hub.settled()
        [backend] = hub.sessions("statehub listener")
        retitle(hub, "Missed", notify=False)  # as if its notification had been lost with the connection
        assert not shows(hub, "Missed")
        hub.database.value("select pg_terminate_backend(%s)", backend, options="")
        eventually(lambda: shows(hub, "Missed"), "the resync", within_s=SECONDS)
        eventually(lambda: hub.listener.is_up, within_s=SECONDS)
        retitle(hub, "Heard")
        eventually(lambda: shows(hub, "Heard"), "a notification on the new connection", within_s=SECONDS)
        assert hub.listener.reconnects >= 1


def test_an_event_leaves_the_core_as_it_is(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        before = hub.settled()
        hub.created("/progress", summary="something happened")
        after = eventually(
            lambda: answer if "something happened" in str((answer := hub.get(SUMMARY)).body) else None, within_s=SECONDS
        )
        assert core_bytes(after) == core_bytes(before)
        assert after.json["revision"]["core"] == before.json["revision"]["core"]
        assert after.json["revision"]["progress"] > before.json["revision"]["progress"]
        assert after.headers["ETag"] != before.headers["ETag"]


def test_an_event_does_not_even_read_the_core(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        hub.settled()
        with held(database):
            hub.execute("insert into progress_events (summary, author) values ('no topic', 'somebody')")
            answer = eventually(lambda: answer if "no topic" in str((answer := hub.get(SUMMARY)).body) else None)
            assert answer.status == 200


# --- what it says of itself


def test_the_token_is_in_the_header_and_in_the_body(hub: Hub) -> None:
    answer = hub.settled()
    revision = answer.json["revision"]
    token = Token.parse(answer.headers["X-StateHub-Revision"])
    assert str(token) == revision["token"]
    assert (token.core, token.progress) == (revision["core"], revision["progress"])
    assert token.epoch == hub.database.value("select epoch()")


def test_the_headers_say_who_may_keep_it_and_how_old_it_is(hub: Hub) -> None:
    answer = hub.settled()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"].startswith('W/"')
    assert 0 <= int(answer.headers["Age"]) < 5
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_an_answer_has_the_age_of_the_last_verification(database: Any) -> None:
    with running(database, poll_interval=LONG_POLL) as hub:
        hub.settled()
        for age_s in (100, 200):
            hub.cache.verified_at = hub.cache.clock() - age_s
            assert hub.get(SUMMARY).headers["Age"] in (str(age_s), str(age_s + 1))


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ("{etag}", 304),
        ("{opaque}", 304),
        ("*", 304),
        ('"other", {etag}', 304),
        ('{opaque} , W/"other"', 304),
        ('W/"other"', 200),
        ('"other", "another"', 200),
        ("{unquoted}", 200),
        ("", 200),
    ],
)
def test_who_has_it_already_gets_no_body(shared_hub: Hub, tags: str, status: int) -> None:
    def same() -> bool:
        etag = shared_hub.settled().headers["ETag"]
        opaque = etag.removeprefix("W/")
        sent = tags.format(etag=etag, opaque=opaque, unquoted=opaque.strip('"'))
        answer = shared_hub.get(SUMMARY, If_None_Match=sent)
        if answer.headers["ETag"] != etag:
            return False  # it has changed in between
        assert answer.status == status
        assert bool(answer.body) == (status == 200)
        told = ("Age", "Vary", "Cache-Control", "X-StateHub-Revision", "X-StateHub-Cache")
        assert all(name in answer.headers for name in told)
        assert ("Content-Type" in answer.headers) == (status == 200)
        return True

    eventually(same)


def test_tags_on_two_lines_are_one_list(shared_hub: Hub) -> None:
    def same() -> bool:
        etag = shared_hub.settled().headers["ETag"]
        answer = shared_hub.say(
            f"GET {SUMMARY} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {etag}\r\n"
            'If-None-Match: "other"\r\nConnection: close\r\n\r\n'.encode()
        )
        return answer.headers["ETag"] == etag and answer.status == 304

    eventually(same, within_s=SECONDS)


def test_a_head_is_the_answer_without_its_body(hub: Hub) -> None:
    whole = hub.settled()
    for encoding in ("identity", "gzip"):
        whole = hub.get(SUMMARY, Accept_Encoding=encoding)
        head = hub.ask("HEAD", SUMMARY, Accept_Encoding=encoding)
        assert (head.status, head.body) == (200, b"")
        same = ("Content-Length", "Content-Type", "ETag", "X-StateHub-Revision", "Vary", "Content-Encoding")
        assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]
    assert hub.ask("HEAD", SUMMARY, If_None_Match=whole.headers["ETag"]).status == 304


@pytest.mark.parametrize(
    ("accepts", "zipped"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("gzip ; q=0.001", True),
        ("*", True),
        ("br, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("identity", False),
        ("", False),
        ("br", False),
        ("gzipped", False),
        ("gzip;q=none", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(shared_hub: Hub, accepts: str, zipped: bool) -> None:
    answer = shared_hub.get(SUMMARY, Accept_Encoding=accepts)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (answer.headers["Content-Encoding"] == "gzip") == zipped
    assert list(json.loads(gzip.decompress(answer.body) if zipped else answer.body))[:3] == HEAD_KEYS


def test_the_compressed_answer_is_the_same_answer(hub: Hub) -> None:
    plain = hub.settled()
    zipped = hub.get(SUMMARY, Accept_Encoding="gzip")
    assert zipped.headers["ETag"] == plain.headers["ETag"]
    assert len(zipped.body) < len(plain.body)
    assert gzip.decompress(zipped.body) == plain.body


def test_a_trailing_slash_is_accepted(shared_hub: Hub) -> None:
    assert shared_hub.get(SUMMARY + "/").status == 200
    assert shared_hub.get(SUMMARY + "/?refresh=true").cache == "refresh"


@pytest.mark.parametrize(
    "query", ["limit=1", "refresh=yes", "refresh", "refresh=", "Refresh=true", "refresh=true&x=1", "x=%00%ff", "=1"]
)
def test_a_parameter_that_it_does_not_take_is_malformed(shared_hub: Hub, query: str) -> None:
    assert "refresh=true" in problem(shared_hub.get(f"{SUMMARY}?{query}"), 400, path=SUMMARY)["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_is_only_read(shared_hub: Hub, method: str) -> None:
    answer = shared_hub.ask(method, SUMMARY, body=b"{}")
    problem(answer, 405, path=SUMMARY)
    assert answer.headers["Allow"] == "GET, HEAD"


# --- when the database is away


def test_without_the_database_the_last_answer_is_served_up_to_the_limit_and_then_none(database: Any) -> None:
    with linked(database) as link, running(database, through=link.url, poll_interval=0.05) as hub:
        before = hub.settled()
        link.refuse()
        away = eventually(
            lambda: answer if (answer := hub.get(SUMMARY)).headers["X-StateHub-Cache"] == "stale-error" else None
        )
        assert away.body == before.body
        assert away.headers["Cache-Status"] == "statehub; hit; detail=stale-if-error"
        assert hub.get(SUMMARY, If_None_Match=before.headers["ETag"]).status in (304, 503)
        problem(hub.get(SUMMARY + "?refresh=true"), 503, path=SUMMARY)
        hub.state["summary"].stale_limit_s = 1.0
        gone = eventually(lambda: answer if (answer := hub.get(SUMMARY)).status == 503 else None)
        assert "the limit is 1 s" in problem(gone, 503, path=SUMMARY)["detail"]
        retitle(hub, "Meanwhile")
        link.accept()
        eventually(lambda: hub.get(SUMMARY).status == 200, "it serves again", within_s=10)
        eventually(lambda: shows(hub, "Meanwhile"))
        assert hub.settled().json["revision"]["core"] > before.json["revision"]["core"]


def test_a_database_that_is_closed_to_all_is_away_and_comes_back(database: Any, server: str) -> None:
    with running(database, poll_interval=0.05) as hub, closing(psycopg.connect(server, autocommit=True)) as admin:
        before = hub.settled()
        name = psycopg.conninfo.conninfo_to_dict(database.url)["dbname"]
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        eventually(lambda: hub.get(SUMMARY).headers["X-StateHub-Cache"] == "stale-error")
        assert hub.get(SUMMARY).body == before.body
        problem(hub.get("/topics"), 503)
        problem(hub.post("/progress", {"summary": "lost"}), 503)
        admin.execute(f"alter database {name} allow_connections true")
        retitle(hub, "Back")
        eventually(lambda: shows(hub, "Back"), within_s=10)


def test_an_error_that_nobody_expects_does_not_end_the_poll(database: Any) -> None:
    with running(database, poll_interval=0.05, listen=False) as hub:
        hub.settled()
        hub.execute(
            "create or replace function fold() returns bigint language plpgsql as"
            " $$ begin raise exception 'a fault of ours'; end $$"
        )
        for number in range(3):
            retitle(hub, f"Ground {number}")
            eventually(lambda n=number: shows(hub, f"Ground {n}"), within_s=SECONDS)  # type: ignore[misc]


def test_the_hub_starts_before_the_database_does(database: Any) -> None:
    with linked(database) as link:
        link.refuse()
        with running(database, through=link.url, poll_interval=0.05) as hub:
            problem(hub.get(SUMMARY), 503, path=SUMMARY)
            assert hub.get("/state/health").status == 503
            link.accept()
            eventually(lambda: hub.get(SUMMARY).status == 200, within_s=10)


# --- exact, monotonic, free


def test_a_hit_asks_the_database_nothing(database: Any) -> None:
    query = """
        select array_agg((pid, query_start, state_change) order by pid) from pg_stat_activity
        where datname = current_database() and application_name = 'statehub api'
    """
    with running(database, poll_interval=LONG_POLL) as hub:
        eventually(lambda: hub.listener.is_up)
        etag = hub.settled().headers["ETag"]
        before = database.value(query, options="")
        assert before
        for _ in range(25):
            assert hub.get(SUMMARY).cache == "hit-revision"
            assert hub.get(SUMMARY, Accept_Encoding="gzip").cache == "hit-revision"
            assert hub.get(SUMMARY, If_None_Match=etag).status == 304
            assert hub.ask("HEAD", SUMMARY).status == 200
        assert database.value(query, options="") == before
        hub.get("/topics")
        assert database.value(query, options="") != before, "the check sees a query"


class Oracle(threading.Thread):
    """Notes what the database holds at each revision, by a connection of its own."""

    def __init__(self, hub: Hub, over: threading.Event) -> None:
        super().__init__(name="oracle")
        self.hub, self.over = hub, over
        self.core: dict[int, str] = {}
        self.progress: dict[int, str] = {}

    def note(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            label = connection.execute("select core, progress from revisions()").fetchone()
            assert label
            text = "select convert_from(summary_core(200), 'UTF8'), convert_from(summary_progress(), 'UTF8')"
            found = connection.execute(text).fetchone()
            assert found
        for known, revision, content in zip((self.core, self.progress), label, found, strict=True):
            assert known.setdefault(revision, content) == content, "one revision, two contents"

    def run(self) -> None:
        with closing(self.hub.database.connect(API)) as connection:
            while not self.over.is_set():
                self.note(connection)
            self.note(connection)


def write(hub: Hub, code: str, over: threading.Event, seed: int) -> None:
    """Change things, in all the ways there are, until it is over."""
    chance = random.Random(seed)  # noqa: S311
    with closing(hub.database.connect(API)) as connection:
        while not over.wait(chance.uniform(0.01, 0.05)):
            with connection.transaction(force_rollback=chance.random() < 0.2):
                if chance.random() < 0.2:
                    connection.execute("set local statehub.notify = off")
                connection.execute("insert into tasks (workplan, title) values (row_id('workplans', %s), 'x')", [code])
                with connection.transaction(force_rollback=chance.random() < 0.3):
                    status = chance.choice(["todo", "wait", "done", "progress"])
                    connection.execute(
                        "update tasks set status = %s where id = (select id from tasks where workplan ="
                        " row_id('workplans', %s) order by random() limit 1)",
                        [status, code],
                    )
                if chance.random() < 0.3:
                    connection.execute("insert into progress_events (summary, author) values ('y', 'z')")
            if chance.random() < 0.1:
                connection.execute("select fold()")


def read(hub: Hub, over: threading.Event, seen: list[Answer]) -> None:
    """Note each new answer; an older one must not come after a newer one."""
    last = (0, 0)
    while not over.is_set():
        answer = hub.get(SUMMARY + random.choice(["", "", "?refresh=true"]))  # noqa: S311
        revision = answer.json["revision"]
        label = (revision["core"], revision["progress"])
        assert label >= last, "it went back"
        assert label[1] >= last[1], "it went back"
        if label != last:
            seen.append(answer)
        last = label


def test_each_answer_is_exactly_the_state_at_its_revision(database: Any) -> None:
    over, seen = threading.Event(), list[Answer]()
    with running(database, poll_interval=0.1) as hub, ThreadPoolExecutor() as pool:
        oracle = Oracle(hub, over)
        oracle.start()
        jobs = [pool.submit(write, hub, plan(hub), over, seed) for seed in range(2)]
        jobs += [pool.submit(read, hub, over, seen) for _ in range(2)]
        try:
            eventually(lambda: len(seen) > 120 or any(job.done() for job in jobs), within_s=20)
        finally:
            over.set()
        for job in jobs:
            job.result()
        oracle.join()
        seen.append(hub.get(SUMMARY + "?refresh=true"))
        assert hub.cache.counts.failures == 0
    compared = 0
    for answer in seen:
        found = answer.json
        core = oracle.core.get(found["revision"]["core"])
        if core is not None:
            assert {key: found[key] for key in CORE_KEYS} == json.loads(core)
            compared += 1
        progress = oracle.progress.get(found["revision"]["progress"])
        if progress is not None:
            assert found["recent_progress"] == json.loads(progress)["recent_progress"]
            compared += 1
    assert compared > len(seen) / 2, "the oracle saw too little"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    eventually(lambda: not [t for t in threading.enumerate() if t.name in ("link", "oracle")])
