"""`/api/…` is the API: what it is asked, and answers, arrives as it was sent."""

import gzip
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from statehub import calls
from statehub.client import Client as HubClient
from statehub.dashboard.app import LARGE
from statehub.dashboard.hub import LOOK_EVERY_S, Place, Whereabouts
from statehub.errors import SettingsError, Unavailable
from statehub.routes import imports, sync
from tests.conftest import Database
from tests.dashboard.board import Board, open_board
from tests.faults.sse import Client, following
from tests.hubs import free_port
from tests.running import SUMMARY, Answer, Hub, eventually, problem, running
from tests.wire import request

API_SUMMARY = "/api" + SUMMARY
Answering = Callable[[socket.socket, bytes], None]


@contextmanager
def upstream(answering: Answering) -> Iterator[str]:
    """The address of something that is no hub: each connection's request goes to `answering`."""
    with closing(socket.create_server(("127.0.0.1", 0))) as place:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = place.accept()
                    with connection, suppress(OSError):
                        asked = b""
                        while b"\r\n\r\n" not in asked and (some := connection.recv(2**16)):
                            asked += some
                        if asked:
                            answering(connection, asked)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            place.shutdown(socket.SHUT_RDWR)
            thread.join(20)


def answered(*headers: str, body: bytes = b"", status: str = "200 OK") -> bytes:
    """An answer on the wire."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def test_every_method_arrives_and_its_answer_comes_back(shared: Hub, board: Board) -> None:
    made = board.post("/api/topics", {"slug": "by-board", "title": "T", "domain": "infotech"})
    assert (made.status, made.headers["Location"]) == (201, "/api/topics/by-board")
    assert board.get(made.headers["Location"]).json["title"] == "T"
    changed = board.patch("/api/topics/by-board/", {"title": "U"}, If_Match=made.headers["ETag"])
    assert (changed.status, changed.json["title"]) == (200, "U")
    problem(board.patch("/api/topics/by-board", {"title": "V"}, If_Match=made.headers["ETag"]), 412)
    document = {"domain": "infotech", "category": "tooling"}
    shared.created("/repos", slug="by-board", name="R", domain="infotech")
    through, direct = (
        at.ask("PUT", f"{prefix}/repos/by-board/classification", document)
        for at, prefix in ((board, "/api"), (shared, ""))
    )
    assert through.status == direct.status
    assert board.delete("/api/topics/by-board").status == 200
    head = board.ask("HEAD", "/api/topics/by-board")
    assert (head.status, head.body) == (200, b"")
    assert shared.get("/topics/by-board").json["status"] == "archived"
    problem(board.ask("PUT", "/api/progress", {}), 405)
    problem(board.ask("OPTIONS", "/api/progress"), 405)
    problem(board.ask("TRACE", "/api/progress"), 405)


def test_a_paths_characters_and_its_query_arrive_as_they_were_written(board: Board) -> None:
    summary = "a b&c=ü/?#%"
    board.post("/api/progress", {"summary": summary}, X_StateHub_Author="x%20y+z")
    for query in ("author=x%20y%2Bz", "author=x+y%2bz"):
        assert [row["summary"] for row in board.get(f"/api/progress?{query}").json["items"]] == [summary]
    problem(board.get("/api/topics/a%2Fb%20c"), 404)
    assert board.get("/api//evil.example/x").status in (400, 404)
    assert board.get("/%61pi/state/health").status == 404


def test_a_list_leads_to_its_next_page_here(board: Board) -> None:
    board.post("/api/progress", [{"summary": "one"}, {"summary": "two"}])
    first = board.get("/api/progress?limit=1")
    following_page = first.headers["Link"].partition("<")[2].partition(">")[0]
    assert following_page.startswith("/api/progress?")
    assert board.get(following_page).json["items"] != first.json["items"]


def test_an_unchanged_summary_is_not_sent_again_and_a_compressed_one_stays_so(shared: Hub, board: Board) -> None:
    shared.settled()
    plain = board.get(API_SUMMARY)
    assert plain.body == shared.get(SUMMARY).body
    assert "Content-Encoding" not in plain.headers, "nobody asked for that"
    kept = board.get(API_SUMMARY, If_None_Match=plain.headers["ETag"])
    assert (kept.status, kept.body, kept.headers["ETag"]) == (304, b"", plain.headers["ETag"])
    packed = board.get(API_SUMMARY, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    for name in ("X-StateHub-Revision", "X-StateHub-Cache", "Vary", "Cache-Control"):
        assert plain.headers[name] == shared.get(SUMMARY).headers[name], name
    names = [name.lower() for name in plain.headers]
    for name in ("date", "x-content-type-options", "content-security-policy"):
        assert names.count(name) == 1, name


def test_a_write_is_read_by_its_token_and_done_once_by_its_key(board: Board) -> None:
    writes = [board.post("/api/progress", {"summary": "once"}, Idempotency_Key="board-once") for _ in range(2)]
    assert writes[0].json["id"] == writes[1].json["id"]
    token = writes[0].headers["X-StateHub-Revision"]
    seen = board.get(API_SUMMARY, X_StateHub_Min_Revision=token).json
    assert "once" in [event["summary"] for event in seen["recent_progress"]]
    problem(board.get(API_SUMMARY, X_StateHub_Min_Revision="nonsense"), 400)


def test_who_writes_without_a_name_is_the_person_who_runs_the_dashboard(shared: Hub, folder: Path) -> None:
    with open_board(shared.url, folder, author="Zoë") as board:
        by_default = board.post("/api/progress", {"summary": "x"}).json
        named = board.post(
            "/api/progress", {"summary": "x"}, X_StateHub_Author="ann", X_StateHub_Author_Kind="agent"
        ).json
    assert (by_default["author"], by_default["author_kind"]) == ("Zoë", "human")
    assert (named["author"], named["author_kind"]) == ("ann", "agent")


def test_what_concerns_two_neighbours_only_and_the_cookie_are_not_passed_on(folder: Path) -> None:
    told: list[bytes] = []

    def answering(connection: socket.socket, asked: bytes) -> None:
        told.append(asked.lower())
        headers = [
            "Connection: close, X-Between",
            "X-Between: 1",
            "Keep-Alive: timeout=5",
            "Content-Length: 2",
            "X-End: 1",
        ]
        connection.sendall(answered(*headers, body=b"ok"))

    with upstream(answering) as url, open_board(url, folder) as board:
        sent = {"Cookie": "a=b", "TE": "trailers", "Connection": "close, X-Hop", "X_Hop": "1", "X_Kept": "1"}
        answer = board.get("/api/x", **sent, Origin=board.url, Sec_Fetch_Site="same-origin", Referer=board.url)
    assert (answer.status, answer.body, answer.headers["X-End"]) == (200, b"ok", "1")
    assert "X-Between" not in answer.headers
    assert "Keep-Alive" not in answer.headers
    names = [line.partition(b":")[0] for line in told[0].split(b"\r\n")[1:] if line]
    assert sorted(names) == [b"accept-encoding", b"host", b"x-kept"]
    assert b"accept-encoding: identity" in told[0], "what http.client says, and not what our client would"


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(folder: Path) -> None:
    def answering(connection: socket.socket, asked: bytes) -> None:
        chunked = b"/chunked" in asked
        how = "Transfer-Encoding: chunked" if chunked else "Content-Length: 10"
        connection.sendall(answered(how, body=b"5\r\nhello\r\n" if chunked else b"hello"))

    with upstream(answering) as url, open_board(url, folder) as board:
        for path in ("/api/chunked", "/api/length"):
            with pytest.raises(http.client.IncompleteRead):
                board.get(path)


# --- events


def test_a_change_is_told_through_the_dashboard_at_once_and_only_once(shared: Hub, board: Board) -> None:
    with following(board.port, prefix="/api") as client:
        assert client.status == 200
        assert set(client.first()) == {"core", "progress"}
        shared.created("/progress", summary="told")
        change = client.change()
        assert change is not None
        assert change["section"] == "progress"
        assert "told" in board.get(API_SUMMARY, X_StateHub_Min_Revision=change["id"]).body.decode()


def test_who_leaves_a_stream_leaves_the_hubs_too(shared: Hub, board: Board) -> None:
    def clients() -> int:
        metrics = shared.get("/metrics").body.decode()
        line = next(found for found in metrics.splitlines() if found.startswith("statehub_feed_clients "))
        return int(float(line.split()[1]))

    eventually(lambda: clients() == 0, "nobody follows")
    with following(board.port, prefix="/api") as client:
        client.first()
        eventually(lambda: clients() == 1, "somebody follows")
    eventually(lambda: clients() == 0, "the one that follows is gone")


def test_who_leaves_before_there_is_an_answer_is_waited_for_no_longer(folder: Path) -> None:
    asked, left = threading.Event(), threading.Event()

    def answering(connection: socket.socket, _asked: bytes) -> None:
        asked.set()
        assert connection.recv(1) == b""
        left.set()

    with upstream(answering) as url, open_board(url, folder) as board:
        with closing(board.dial()) as waiting:
            waiting.sendall(b"GET /api/state/wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert asked.wait(20)
        assert left.wait(20)


def test_a_dashboard_that_stops_ends_its_streams_as_a_whole_answer(shared: Hub, folder: Path) -> None:
    with open_board(shared.url, folder) as board, closing(board.dial()) as connection:
        connection.sendall(b"GET /api/state/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        response.readline()
        board.stop()
        response.read()  # raises where the last chunk is missing


def rest_of(client: Client) -> bytes:
    """Everything until the stream ends."""
    client.connection.settimeout(20)
    return b"".join(iter(lambda: client.connection.recv(2**16), b""))


def test_a_stream_ends_when_the_hub_does_and_begins_anew_when_it_is_back(database: Database, folder: Path) -> None:
    port = free_port()
    with open_board(f"http://127.0.0.1:{port}", folder) as board:
        away = board.get(API_SUMMARY)
        assert "custodian up" in problem(away, 502)["detail"]
        assert away.headers["Retry-After"] == "1"
        assert board.get("/").status == 200
        with HubClient(board.url + "/api") as client_of_ours, pytest.raises(Unavailable, match="custodian up"):
            client_of_ours.do(calls.get_health())
        with running(database, port=port) as hub:
            assert board.get(API_SUMMARY).status == 200
            client_of = following(board.port, prefix="/api")
            client = client_of.__enter__()
            client.first()
            hub.state["feed"].close()  # as a signal does
        rest_of(client)
        client_of.__exit__(None, None, None)
        problem(board.post("/api/progress", {"summary": "x"}), 502)
        with running(database, port=port):
            assert board.post("/api/progress", {"summary": "x"}).status == 201
            with following(board.port, prefix="/api") as client:
                assert client.change()


# --- where the hub is


def test_a_hub_that_has_moved_is_found(database: Database, shared: Hub, folder: Path) -> None:
    places = [f"http://127.0.0.1:{free_port()}"]
    with open_board(lambda: Place(places[-1]), folder) as board:
        problem(board.get(API_SUMMARY), 502)
        places.append(shared.url)
        assert board.post("/api/progress", {"summary": "moved"}).status == 201
    with running(database) as other, open_board(lambda: Place(places[-1]), folder) as board:
        assert board.get(API_SUMMARY).status == 200
        places.append(other.url)
        eventually(lambda: board.get(API_SUMMARY).body == other.get(SUMMARY).body, "it is asked", within_s=10)


def test_a_hub_is_looked_for_once_a_second_at_most_and_a_bad_file_leaves_it_where_it_was() -> None:
    asked, now = [], [0.0]

    def locate() -> Place:
        asked.append(now[0])
        if len(asked) == 3:
            raise SettingsError("a file that is being mended")
        return Place(f"http://{len(asked)}")

    found = Whereabouts(locate, lambda: now[0])
    assert [found.place().url for _ in range(3)] == ["http://1"] * 3
    now[0] += LOOK_EVERY_S
    assert [found.place().url for _ in range(3)] == ["http://2"] * 3
    assert found.place(anew=True).url == "http://2"
    assert asked == [0.0, LOOK_EVERY_S, LOOK_EVERY_S]


def test_the_hub_may_be_below_a_path(folder: Path) -> None:
    told: list[bytes] = []

    def answering(connection: socket.socket, asked: bytes) -> None:
        told.append(asked.split(b"\r\n")[0])
        connection.sendall(answered("Content-Length: 0"))

    with upstream(answering) as url, open_board(url + "/hub", folder) as board:
        assert board.get("/api/topics?x=1").status == 200
        for path in ("/api/../other", "/api/x/../../../other", "/api/%2e%2e/other", "/api/."):
            problem(board.say(request("GET", path)), 404)
    assert told == [b"GET /hub/topics?x=1 HTTP/1.1"], "and nothing beside it is asked"


# --- bodies


def refused(answer: Answer, status: int, written: int, hub: Hub) -> None:
    problem(answer, status)
    assert hub.database.value("select count(*) from progress_events") == written


def test_a_body_is_json_and_at_most_a_mebibyte_and_an_import_may_be_larger(shared: Hub, board: Board) -> None:
    written = shared.database.value("select count(*) from progress_events")
    large = {"summary": "x", "detail": {"x": "x" * 2**20}}
    refused(board.post("/api/progress", large), 413, written, shared)
    refused(board.ask("POST", "/api/progress", body=b"x=1", Content_Type="text/plain"), 415, written, shared)
    chunks = iter([b" " * 2**18] * 5)
    with closing(http.client.HTTPConnection("127.0.0.1", board.port, timeout=20)) as connection:
        with suppress(OSError):  # it may be told before it has sent all
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/api/progress", chunks, headers, encode_chunked=False)
        assert connection.getresponse().status == 413
    issue = json.dumps({"id": "x-1", "title": "T", "status": "open", "issue_type": "task", "notes": "n" * 2**20})
    document = {"format": "beads", "repo": "large", "domain": "infotech", "document": issue}
    assert board.post("/api/import", document).status in (200, 422)
    assert board.post("/api/repos/large/sync", {"x": "x" * 2**20}).status != 413


def test_what_may_be_large_is_the_same_as_at_the_hub() -> None:
    assert LARGE == {"/api/import": imports.MAX_BODY_BYTES, "/api" + sync.PATH: sync.MAX_BODY_BYTES}
