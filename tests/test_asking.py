"""`custodian decide`, `search`, `context`, `watch`, `logs`: real processes on a real hub, at a real terminal."""

import json
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from statehub.cli import hublog
from statehub.cli.columns import cells_of
from statehub.cli.follow import VARIABLES
from tests.commands import CONFLICT, DONE, NOTHING, UNREACHABLE, USAGE, Custodian
from tests.hubs import CUSTODIAN
from tests.running import Hub, eventually


@pytest.fixture
def plan(hub: Hub) -> str:
    hub.created("/repos", slug="ask", name="Ask", domain="infotech")
    return str(hub.created("/workplans", repo="ask", title="Plan", status="ready")["code"])


@pytest.fixture
def question(hub: Hub, plan: str) -> str:
    row = hub.created(
        "/decisions", title="Which [b]database[/b]?", context="It must\n  \x1b[31mlast", workplan=plan,
        options=["PostgreSQL", "SQLite", {"title": "None"}],
    )  # fmt: skip
    return str(row["code"])


def at_a_terminal(custodian: Custodian, *args: str, typed: str) -> tuple[int, str]:
    """Exit code and all that was shown, to somebody who types when asked."""
    near, far = pty.openpty()
    with subprocess.Popen(
        [*CUSTODIAN, *args], env=custodian.environment(NO_COLOR="1"), stdin=far, stdout=far, stderr=far, close_fds=True
    ) as process:
        os.close(far)
        shown = b""
        lines = typed.splitlines(keepends=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not select.select([near], [], [], 0.1)[0]:
                continue
            try:
                found = os.read(near, 4096)
            except OSError:  # the other end was closed
                break
            shown += found
            if shown.endswith(b": ") and lines:
                os.write(near, lines.pop(0).encode())
        os.close(near)
        return process.wait(30), shown.decode().replace("\r", "")


def test_a_person_is_shown_a_decision_and_answers_it(hub: Hub, custodian: Custodian, question: str, plan: str) -> None:
    code, shown = at_a_terminal(custodian, "decide", question, "--by", "ada", typed="2\nit is small\n")
    assert code == DONE, shown
    assert f"{question}  Which [b]database[/b]?" in shown
    assert "\n    It must\n    [31mlast\n" in shown or "It must" in shown
    assert "  2. SQLite\n  3. None\n" in shown
    row = hub.get(f"/decisions/{question}").json
    assert (row["status"], row["rationale"], row["decided_by"]) == ("resolved", "SQLite — it is small", "ada")


def test_a_decision_that_changed_while_it_was_read_is_not_answered(
    hub: Hub, custodian: Custodian, question: str
) -> None:
    near, far = pty.openpty()
    command = [*CUSTODIAN, "decide", question]
    with subprocess.Popen(
        command, env=custodian.environment(), stdin=far, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(far)
        assert process.stderr
        shown = ""
        while not shown.endswith("words): "):
            found = process.stderr.read(1)
            assert found, shown
            shown += found
        hub.patch(f"/decisions/{question}", {"context": "All is different"})
        os.write(near, b"1\n\n")
        assert process.wait(30) == CONFLICT
        os.close(near)
    assert hub.get(f"/decisions/{question}").json["status"] == "open"


@pytest.mark.parametrize(
    ("args", "rationale"),
    [
        (("--choose", "1"), "PostgreSQL"),
        (("--choose", "sqlite", "--rationale", "small"), "SQLite — small"),
        (("--choose", "Something else"), "Something else"),
        (("--rationale", "Neither"), "Neither"),
        (("--choose", "3"), "None"),
    ],
)
def test_an_answer_in_options_is_recorded(
    hub: Hub, custodian: Custodian, question: str, args: tuple[str, ...], rationale: str
) -> None:
    done = custodian("decide", question, *args, "--json")
    assert done.returncode == DONE, done.stderr
    document = json.loads(done.stdout)
    assert (document["schema"], document["decision"]["rationale"]) == ("custodian/decision/1", rationale)
    assert hub.get(f"/decisions/{question}").json["rationale"] == rationale


def test_an_answered_decision_is_exit_4_with_who_and_what(hub: Hub, custodian: Custodian, question: str) -> None:
    custodian("decide", question, "--choose", "1", "--by", "ada")
    again = custodian("decide", question, "--choose", "2")
    assert (again.returncode, "ada already: PostgreSQL" in again.stderr) == (CONFLICT, True)
    successor = hub.created("/decisions", title="Which now?", topic="platform")["code"]
    other = hub.created("/decisions", title="Whose?", topic="platform", superseded_by=successor)["code"]
    superseded = custodian("decide", other, "--choose", "me")
    assert (superseded.returncode, successor in superseded.stderr) == (CONFLICT, True)


def test_without_a_terminal_it_says_what_to_give(custodian: Custodian, question: str) -> None:
    silent = custodian("decide", question)
    assert silent.returncode == USAGE
    assert f"custodian decide {question} --choose" in silent.stderr
    assert "  2. SQLite\n" in silent.stderr
    assert custodian("decide", question, "--choose", "4").returncode == USAGE
    assert custodian("decide", "DEC-9999").returncode == NOTHING


def test_search_shows_the_place_that_matches(hub: Hub, custodian: Custodian, plan: str) -> None:
    hub.post("/tasks", {"workplan": plan, "title": "Deploy", "description": f"{'so ' * 40}the zebra \x1b[31m runs"})
    found = custodian("search", "zebra", "--kind", "task")
    assert (found.returncode, found.stdout.splitlines()[0]) == (DONE, f"{plan}-T01  task  todo  Deploy  ask")
    assert "the zebra [31m runs" in found.stdout
    narrow = custodian("search", "zebra", "--kind", "task", COLUMNS="40").stdout
    assert "zebra" in narrow
    assert all(cells_of(line) <= 40 for line in narrow.splitlines())
    document = json.loads(custodian("search", "zebra", "--json").stdout)
    assert (document["schema"], document["items"][0]["name"]) == ("custodian/search/1", f"{plan}-T01")
    nothing = custodian("search", "okapi")
    assert (nothing.returncode, nothing.stdout) == (NOTHING, "")
    assert custodian("search", "zebra", "--kind", "nix").returncode == USAGE


def test_search_marks_the_match_on_a_terminal_only_where_colour_is_wanted(
    hub: Hub, custodian: Custodian, plan: str
) -> None:
    hub.post("/tasks", {"workplan": plan, "title": "Deploy", "description": "the zebra runs"})
    _, plain = at_a_terminal(custodian, "search", "zebra", "--kind", "task", typed="")
    assert "\x1b" not in plain
    near, far = pty.openpty()
    environment = custodian.environment(TERM="xterm")
    with subprocess.Popen([*CUSTODIAN, "search", "zebra"], env=environment, stdout=far, stderr=far) as process:
        os.close(far)
        shown = b""
        try:
            while found := os.read(near, 4096):
                shown += found
        except OSError:
            pass
        process.wait(30)
    os.close(near)
    assert b"\x1b[1mzebra\x1b[0m" in shown


def test_a_part_of_a_checkout_that_is_registered_has_a_briefing_of_its_own(
    hub: Hub, custodian: Custodian, tmp_path: Path
) -> None:
    inside = tmp_path / "whole" / "part" / "deep"
    inside.mkdir(parents=True)
    (tmp_path / "whole/.git").mkdir()
    for slug, path in (("whole", tmp_path / "whole"), ("part", inside.parent)):
        document = {"slug": slug, "name": slug, "domain": "infotech", "path": str(path)}
        assert hub.post("/repos", document).status == 201
    assert custodian("context", cwd=inside).stdout.startswith("# State Hub: part ")
    whole = custodian("context", cwd=tmp_path / "whole").stdout
    assert whole.startswith("# State Hub: whole ")
    told = json.loads(custodian("context", "--json", cwd=tmp_path / "whole").stdout)
    assert told == {"schema": "custodian/context/1", "repo": "whole", "briefing": whole}


def test_the_briefing_is_of_the_repository_that_the_directory_is_in(
    hub: Hub, custodian: Custodian, tmp_path: Path
) -> None:
    checkout = tmp_path / "by-path"
    inside = checkout / "src" / "deep"
    inside.mkdir(parents=True)
    (checkout / ".git").mkdir()
    elsewhere = {"slug": "elsewhere", "name": "Elsewhere", "domain": "infotech", "path": str(checkout)}
    assert hub.post("/repos", elsewhere).status == 201
    assert custodian("context", cwd=inside).stdout.startswith("# State Hub: elsewhere (Elsewhere)")
    assert custodian("context", "--path", str(inside)).stdout == custodian("context", cwd=inside).stdout
    named = tmp_path / "named"
    named.mkdir()
    unknown = custodian("context", cwd=named)
    assert (unknown.returncode, "custodian register-project --domain" in unknown.stderr) == (NOTHING, True)
    hub.created("/repos", slug="named", name="Named", domain="infotech")
    assert custodian("context", cwd=named).stdout.startswith("# State Hub: named (Named)")
    classified = "schema: repo-classification/v1.0\nslug: named\nname: Named\ncategory: tooling\ndomain: infotech\n"
    (checkout / ".repo-classification.yaml").write_text(classified + "capability_tags: []\nbusiness_stake: []\n")
    assert custodian("context", cwd=inside).stdout.startswith("# State Hub: named (Named)")
    (checkout / ".repo-classification.yaml").write_text("slug: [")
    broken = custodian("context", cwd=inside)
    assert (broken.returncode, ".repo-classification.yaml" in broken.stderr) == (DONE, True)
    assert broken.stdout.startswith("# State Hub: elsewhere (Elsewhere)")
    assert len(custodian("context", "--repo", "named", "--budget", "500").stdout.strip()) <= 500
    assert custodian("context", "--repo", "nobody").returncode == NOTHING


@contextmanager
def watching(hub: Hub, custodian: Custodian, *args: str, **more: str) -> Iterator[list[str]]:
    """The lines that `custodian watch` has printed so far; it listens already."""
    feed = hub.state["feed"]
    before = len(feed.subscribers)
    with custodian.start("watch", *args, **more) as process:
        told: list[str] = []
        reader = threading.Thread(target=lambda: told.extend(iter(process.stdout.readline, "")))  # type: ignore[union-attr]
        reader.start()
        try:
            eventually(lambda: len(feed.subscribers) > before or process.poll() is not None, "it listens", within_s=20)
            yield told
        finally:
            process.terminate()
            reader.join(20)


def test_watch_tells_each_change_in_a_line(hub: Hub, custodian: Custodian, plan: str) -> None:
    with watching(hub, custodian, "--json") as told, watching(hub, custodian) as shown:
        for number in range(3):
            hub.created("/tasks", workplan=plan, title=f"Task \x1b[31m{number}", author="ada")
        eventually(lambda: len(told) == len(shown) == 3 or None, "three lines each", within_s=20)
    events = [json.loads(line) for line in told]
    assert [event["schema"] for event in events] == ["custodian/event/1"] * 3
    assert [event["event"]["task"] for event in events] == [f"{plan}-T0{number}" for number in (1, 2, 3)]
    assert "ada  created  Task" in shown[0]
    assert "\x1b" not in "".join(shown)


def test_watch_tells_only_what_is_asked_for(hub: Hub, custodian: Custodian, plan: str) -> None:
    hub.created("/repos", slug="other", name="Other", domain="infotech")
    filters = ("--repo", "ask", "--kind", "task", "--author", "ada", "--json")
    with watching(hub, custodian, *filters) as told:
        hub.created("/progress", summary="a note", repo="ask", author="ada")
        hub.created("/workplans", repo="other", title="Another", author="ada")
        hub.created("/tasks", workplan=plan, title="By bob", author="bob")
        hub.created("/tasks", workplan=plan, title="By ada", author="ada")
        eventually(lambda: told or None, "a line", within_s=20)
    assert [json.loads(line)["event"]["summary"] for line in told] == [f"Task {plan}-T02 created: By ada"]


def test_watch_begins_where_it_is_told_and_skips_nothing(hub: Hub, custodian: Custodian, plan: str) -> None:
    token = hub.get("/state/summary").json["revision"]["token"]
    hub.post("/tasks", [{"workplan": plan, "title": f"Task {n}"} for n in range(2)])
    hub.created("/progress", summary="before")
    with watching(hub, custodian, "--since", token, "--json") as told:
        hub.created("/progress", summary="after")
        eventually(lambda: "after" in "".join(told) or None, "the last one", within_s=20)
    ids = [json.loads(line)["event"]["id"] for line in told]
    assert ids == sorted(set(ids))
    assert [json.loads(line)["event"]["summary"] for line in told][-2:] == ["before", "after"]


def test_watch_says_that_something_changed_that_no_event_tells_of(hub: Hub, custodian: Custodian, plan: str) -> None:
    with watching(hub, custodian, "--json") as told:
        hub.execute("update domains set description = 'unseen' where slug = 'infotech'")
        eventually(lambda: told or None, "a line", within_s=20)
    assert json.loads(told[0])["event"] is None


def test_a_watched_event_reaches_a_program_and_no_shell(
    hub: Hub, custodian: Custodian, plan: str, tmp_path: Path
) -> None:
    script = tmp_path / "told.py"
    script.write_text(
        "import json, os, sys\nevent = json.load(sys.stdin)\n"
        "kept = {name: value for name, value in os.environ.items() if name.startswith('STATEHUB_EVENT_')}\n"
        "print(json.dumps([event['summary'], kept, sys.argv[1:]]), flush=True)\n"
    )
    command = f"{sys.executable} {script} '$(touch {tmp_path}/gone) two words'"
    hostile = f"`touch {tmp_path}/gone`; $(touch {tmp_path}/gone) \x1b[31m"
    with watching(hub, custodian, "--kind", "decision", "--exec", command) as told:
        code = hub.created("/decisions", title=hostile, workplan=plan, author="ada")["code"]
        eventually(lambda: told or None, "it ran", within_s=20)
    summary, environment, arguments = json.loads(told[0])
    assert hostile in summary
    assert (environment["STATEHUB_EVENT_DECISION"], environment["STATEHUB_EVENT_AUTHOR"]) == (code, "ada")
    assert "\x1b" not in environment["STATEHUB_EVENT_SUMMARY"]
    assert set(environment) <= set(VARIABLES.values())
    assert arguments == [f"$(touch {tmp_path}/gone) two words"]
    assert not (tmp_path / "gone").exists()


def test_a_watch_that_cannot_begin_says_why(custodian: Custodian, tmp_path: Path) -> None:
    assert custodian("watch", "--exec", "no-such-program").returncode == USAGE
    assert custodian("watch", "--exec", "'").returncode == USAGE
    away = Custodian(tmp_path, "http://127.0.0.1:9")("watch")
    assert away.returncode == UNREACHABLE


def test_a_log_that_is_too_long_begins_anew_and_keeps_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hublog.path_of(tmp_path)
    with path.open("a") as writer:  # as every part of a hub has it
        monkeypatch.setattr(sys, "stdout", writer)
        log = hublog.HubLog(path, max_bytes=10)
        writer.write("short\n")
        writer.flush()
        log.look_after()
        assert path.read_text() == "short\n"
        writer.write("and then too long\n")
        writer.flush()
        log.looked_at = float("-inf")
        log.look_after()
        writer.write("new\n")
        writer.flush()
        monkeypatch.undo()
    assert path.read_text() == "new\n"
    assert path.with_name("hub.log.1").read_text() == "short\nand then too long\n"


def test_a_log_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    path = hublog.path_of(tmp_path)
    path.write_text("long enough")
    hublog.HubLog(path, max_bytes=1).look_after()
    assert path.read_text() == "long enough"


def test_logs_follow_what_is_written_also_after_it_began_anew(custodian: Custodian, tmp_path: Path) -> None:
    more: dict[str, Any] = {"STATEHUB_DATA_DIR": str(tmp_path)}
    assert custodian("logs", **more).returncode == NOTHING
    path = hublog.path_of(tmp_path)
    path.write_text("".join(f"line {n}\n" for n in range(5)) + "\x1b[31mred\n")
    assert custodian("logs", "--lines", "2", "--no-follow", **more).stdout == "line 4\n[31mred\n"
    with custodian.start("logs", "--lines", "1", **more) as process, path.open("a") as writer:
        assert process.stdout
        try:
            assert process.stdout.readline() == "[31mred\n"
            writer.write("next\n")
            writer.flush()
            assert process.stdout.readline() == "next\n"
            hublog.rotate(path)
            writer.write("anew\n")
            writer.flush()
            assert process.stdout.readline() == "anew\n"
        finally:
            process.terminate()
