"""`custodian` through real processes, against a hub that `up --detach` started."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from statehub import embedded
from tests.hubs import CUSTODIAN, REAL_DATA, Hub, free_port


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    place = tmp_path_factory.mktemp("hub")
    hub = Hub(place / "data", free_port())
    started = hub.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{hub.port}" in started.stdout
    yield hub
    hub.run("down")
    assert embedded.find(hub.data_dir) is None


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(0.02)


def get(hub: Hub, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    try:
        return response, response.read()
    finally:
        connection.close()


def test_a_second_up_says_that_the_hub_is_running_and_where(hub: Hub) -> None:
    again = hub.run("up", "--detach")
    assert again.returncode == 0
    assert f"running already: http://127.0.0.1:{hub.port}" in again.stderr


def test_status_prints_the_summary_untouched_as_json(hub: Hub) -> None:
    assert hub.run("status", "--json").stdout.strip().encode() == get(hub, "/state/summary")[1]


def test_an_export_is_a_whole_file_or_none(hub: Hub, tmp_path: Path) -> None:
    target = tmp_path / "hub.jsonl"
    done = hub.run("export", "--output", str(target))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert (lines[0]["kind"], lines[-1]) == ("hub", {"kind": "end", "rows": len(lines) - 2})
    assert f"{len(lines) - 2} rows in {target}" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hub.jsonl"]
    told = [line for line in hub.run("export").stdout.splitlines() if '"kind":"domain"' in line]
    assert [json.loads(line)["slug"] for line in told] == [row["slug"] for row in lines if row["kind"] == "domain"]
    nowhere = hub.run("export", "--output", str(tmp_path / "nothing" / "hub.jsonl"))
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"hub"}\n{"kind":"task"}\n',
        b'{"kind":"hub"}\n{"kind":"task"}\n{"kind":"end","rows":2}\n',
        b'{"kind":"hub"}\n{"kind":"end","ro',
        b"",
    ],
)
def test_an_export_that_was_cut_replaces_nothing(hub: Hub, tmp_path: Path, body: bytes) -> None:
    target = tmp_path / "hub.jsonl"
    target.write_text("the former one", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as place:

        def answer() -> None:
            connection, _ = place.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)

        server = threading.Thread(target=answer)
        server.start()
        elsewhere = {**hub.environment, "STATEHUB_API_URL": f"http://127.0.0.1:{place.getsockname()[1]}"}
        command = [*CUSTODIAN, "export", "--output", str(target)]
        done = subprocess.run(command, env=elsewhere, capture_output=True, text=True, timeout=60, check=False)
        server.join(20)
    assert done.returncode == 3, done.stderr
    assert "cut before its end" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hub.jsonl"]
    assert target.read_text(encoding="utf-8") == "the former one"


def test_dsn_is_one_line_that_connects_with_write_access(hub: Hub) -> None:
    lines = hub.run("dsn").stdout.splitlines()
    assert len(lines) == 1
    with psycopg.connect(lines[0]) as connection:
        connection.execute("update topics set title = title where slug = 'research'")


def test_psql_only_reads_unless_told_to_write(hub: Hub) -> None:
    change = "update topics set title = 'By hand' where slug = 'platform'"
    refused = hub.run("psql", "--", "-v", "ON_ERROR_STOP=1", "-c", change)
    assert refused.returncode != 0
    assert "read-only transaction" in refused.stderr
    assert hub.run("psql", "--write", "--", "-v", "ON_ERROR_STOP=1", "-c", change).returncode == 0
    found = hub.run("psql", "--", "-Atc", "select title from topics where slug = 'platform'")
    assert found.stdout.strip() == "By hand"


def test_a_row_changed_by_hand_is_in_the_summary_within_moments(hub: Hub) -> None:
    until(lambda: get(hub, "/state/summary")[0].headers["X-StateHub-Cache"] == "hit-revision")
    hub.run("psql", "--write", "--", "-c", "update topics set title = 'Seen at once' where slug = 'product'")
    until(lambda: b"Seen at once" in get(hub, "/state/summary")[1], seconds=2)


def test_an_import_shows_in_status_and_again_changes_nothing(hub: Hub, tmp_path: Path) -> None:
    export = tmp_path / "issues.jsonl"
    issues = [
        {"id": "x-1", "title": "Epic [red]one[/red]", "status": "open", "issue_type": "epic"},
        {
            "id": "x-2", "title": "Task \u001b[31mtwo", "status": "blocked", "issue_type": "task",
            "dependencies": [{"depends_on_id": "x-1", "type": "parent-child"}],
        },
    ]  # fmt: skip
    export.write_text("\n".join(map(json.dumps, issues)) + "\nbroken\n", encoding="utf-8")
    first = hub.run("import", "beads", str(export), "--repo", "x", "--json")
    assert first.returncode == 0, first.stderr
    result = json.loads(first.stdout)
    assert result["schema"] == "custodian/import/1"
    assert (result["workplans"]["created"], result["tasks"]["created"]) == (1, 1)
    assert [row["name"] for row in result["skipped"]] == ["line 3"]
    shown = hub.run("status").stdout
    assert "Epic [red]one[/red]" in shown
    assert "Task [31mtwo" in shown
    assert "\u001b" not in shown
    revision = get(hub, "/state/summary?refresh=true")[0].headers["X-StateHub-Revision"].split(".")[:3]
    again = hub.run("import", "beads", str(export), "--repo", "x")
    assert again.returncode == 0
    assert "line 3" in again.stdout
    assert get(hub, "/state/summary?refresh=true")[0].headers["X-StateHub-Revision"].split(".")[:3] == revision


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the real data is not part of the project, and is not here")
def test_a_real_beads_export_comes_in_whole(hub: Hub) -> None:
    file = REAL_DATA / "beads-viewer.jsonl"
    issues = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    epics = [issue for issue in issues if issue["issue_type"] == "epic"]
    result = json.loads(hub.run("import", "beads", str(file), "--repo", "beads-viewer", "--json").stdout)
    assert result["read"] == len(issues)
    assert result["workplans"]["created"] == len(epics) + 1
    assert result["tasks"]["created"] == len(issues) - len(epics)
    assert result["dependencies"]["skipped"] == 0
    by_status = "select status, count(*) from tasks where repo = row_id('repos', 'beads-viewer') group by 1"
    counts = hub.run("psql", "--", "-Atc", by_status)
    closed = sum(1 for issue in issues if issue["status"] == "closed" and issue["issue_type"] != "epic")
    assert f"done|{closed}" in counts.stdout
    again = json.loads(hub.run("import", "beads", str(file), "--repo", "beads-viewer", "--json").stdout)
    for kind in ("workplans", "tasks", "dependencies", "events"):
        assert (again[kind]["created"], again[kind]["updated"]) == (0, 0)


def test_a_bad_setting_is_one_clear_line(hub: Hub) -> None:
    environment = hub.environment | {"STATEHUB_API_PORT": "eighty"}
    done = subprocess.run([*CUSTODIAN, "status"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "custodian: STATEHUB_API_PORT is 'eighty'; it takes a whole number from 0 to 65535"


def test_a_hub_that_is_away_is_exit_code_3_and_the_command_that_starts_it(tmp_path: Path) -> None:
    away = Hub(tmp_path / "nobody", free_port())
    for command in (("status",), ("export",), ("watch",)):
        done = away.run(*command)
        assert done.returncode == 3
        assert "start one with: custodian up" in done.stderr
    assert away.run("dsn").returncode == 3


def test_a_port_that_is_taken_is_said(hub: Hub, tmp_path: Path) -> None:
    other = Hub(tmp_path / "other", hub.port)
    done = other.run("up")
    assert done.returncode == 4
    assert f"port {hub.port} on 127.0.0.1 is taken" in done.stderr
    assert embedded.find(other.data_dir) is None


def test_an_api_that_dies_is_started_again_and_refuses_no_connection(hub: Hub) -> None:
    sessions = "select pid from pg_stat_activity where application_name = 'statehub listener'"
    assert hub.run("psql", "--", "-Atc", sessions).stdout.strip()
    api = _children(_supervisor(hub))
    assert len(api) == 1
    os.kill(api[0], signal.SIGKILL)
    assert get(hub, "/state/health")[0].status == 200
    assert _children(_supervisor(hub)) != api


def test_a_killed_supervisor_leaves_no_api_behind_and_up_starts_over(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data", free_port())
    assert hub.run("up", "--detach").returncode == 0
    try:
        supervisor = _supervisor(hub)
        (api,) = _children(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        until(lambda: not _alive(api))
        again = hub.run("up", "--detach")
        assert again.returncode == 0, again.stderr
        assert get(hub, "/state/health")[0].status == 200
    finally:
        hub.run("down")
    assert embedded.find(hub.data_dir) is None


def test_ctrl_c_stops_all_that_up_started(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data", free_port())
    with subprocess.Popen([*CUSTODIAN, "up"], env=hub.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("State Hub is up")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(30) == 0
    assert embedded.find(hub.data_dir) is None
    assert hub.run("status").returncode == 3


def _supervisor(hub: Hub) -> int:
    return int(json.loads((hub.data_dir / "hub.json").read_text(encoding="utf-8"))["pid"])


def _children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if " serve " in line]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
