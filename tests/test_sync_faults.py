"""A sync that is killed, that meets another one, agents at work, or an editor: in the end nothing is lost."""

import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from statehub.cli.sync_outcome import Wish
from statehub.cli.sync_run import Sync
from statehub.client import Client
from statehub.repos import tree
from tests.checkouts import Checkout
from tests.commands import ROOT, Custodian
from tests.running import Hub

KILLS = int(os.environ.get("STATEHUB_SYNC_KILLS", "12"))
# longer than a sync of these files takes
LATEST_KILL_S = 0.12
ALONE = """
import sys
from statehub.cli.sync_outcome import Wish
from statehub.cli.sync_run import Sync
from statehub.client import Client
from statehub.repos import history, workplan_file, workplan_edit
workplan_file._markdown()
with Client(sys.argv[1], author="sync") as client:
    sync = Sync(client, sys.argv[2], sys.argv[3], Wish())
    print("ready", flush=True)
    sys.stdin.readline()
    sync.run()
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def checkout(shared_hub: Hub, tmp_path: Path) -> Checkout:
    found = Checkout.made(shared_hub, tmp_path, None)
    tasks = "".join(f"- [ ] T{n:02} Task {n}\n" for n in range(1, 21))
    found.write(f"---\nid: {found.code}\ntitle: Plan\nstatus: active\n---\n{tasks}")
    found.synced()
    return found


def test_killed_at_any_moment_the_next_one_ends_right(checkout: Checkout, tmp_path: Path) -> None:
    chance = random.Random(11)  # noqa: S311
    here = Custodian(tmp_path, checkout.hub.url)
    cut = 0
    for number in range(KILLS):
        ours, theirs = chance.sample(range(1, 21), 2)
        text = checkout.text()
        [line] = [line for line in text.splitlines() if f"T{ours:02} " in line]
        checkout.write(text.replace(line, f"{line[:10]}File {number}") + f"- [ ] Own {number}\n")
        checkout.change(f"T{theirs:02}", title=f"Hub {number}", assignee=f"a{number}")
        words = [sys.executable, "-c", ALONE, checkout.hub.url, checkout.slug, str(checkout.root)]
        environment = here.environment(XDG_STATE_HOME=str(tmp_path / "state"))
        with subprocess.Popen(words, env=environment, cwd=ROOT, stdin=-1, stdout=-1, text=True) as process:
            assert process.stdin
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("\n")
            process.stdin.flush()
            try:
                process.wait(chance.uniform(0, LATEST_KILL_S))
            except subprocess.TimeoutExpired:
                process.kill()
                cut += 1
        report = checkout.synced()
        assert not report.findings
        rows = checkout.tasks()
        assert (rows[f"T{ours:02}"]["title"], rows[f"T{theirs:02}"]["title"]) == (f"File {number}", f"Hub {number}")
        assert f"T{ours:02} File {number}" in checkout.text()
        assert f"T{theirs:02} Hub {number}" in checkout.text()
        assert [row["title"] for row in rows.values()].count(f"Own {number}") == 1
        assert checkout.text().count(f"Own {number}\n") == 1
    assert cut > KILLS / 6
    assert [path for path in (checkout.root / "workplans").iterdir() if path.name != "plan.md"] == []


def test_syncs_side_by_side_and_agents_at_work_lose_nothing(checkout: Checkout, tmp_path: Path) -> None:
    clone = Checkout(checkout.hub, tmp_path / "clone", checkout.slug)
    clone.write(checkout.text())
    clone.sync()
    over = threading.Event()
    done: list[str] = []

    def work(agent: str) -> None:
        while (answer := checkout.hub.post("/tasks/claim", {"agent": agent, "repo": checkout.slug})).status == 200:
            claim = answer.json
            code = claim["task"]["code"]
            finished = checkout.hub.post(f"/tasks/{code}/complete", {"agent": agent, "claim_seq": claim["claim_seq"]})
            assert finished.status == 200
            done.append(code)

    def follow(place: Checkout) -> int:
        rounds = 0
        while not over.is_set() or not rounds:
            report = place.sync()
            assert not report.conflicts
            rounds += 1
        return rounds

    for number in range(1, 6):
        checkout.edit(f"Task {number}\n", f"Mine {number}\n")
        clone.edit(f"Task {number + 10}\n", f"Cloned {number}\n")
    checkout.write(checkout.text() + "- [ ] New here\n")
    clone.write(clone.text() + "- [ ] New there\n")
    with ThreadPoolExecutor(6) as pool:
        syncs = [pool.submit(follow, place) for place in (checkout, checkout, clone)]
        agents = [pool.submit(work, f"agent-{n}") for n in range(3)]
        try:
            for agent in agents:
                agent.result(60)
        finally:
            over.set()
        assert all(sync.result(60) for sync in syncs)
    for place in (checkout, clone, checkout):
        place.synced()
    work("last")
    for place in (checkout, clone, checkout):
        place.synced()
    rows = checkout.plan()["tasks"]
    assert {row["status"] for row in rows} == {"done"}
    assert sorted(done) == sorted(row["code"] for row in rows)
    titles = [row["title"] for row in rows]
    expected = [f"Mine {n}" for n in range(1, 6)] + [f"Cloned {n}" for n in range(1, 6)] + ["New here", "New there"]
    assert [titles.count(title) for title in expected] == [1] * len(expected)
    for place in (checkout, clone):
        assert place.text().count("- [x] ") == 22
        assert all(f" {title}\n" in place.text() for title in expected)


def test_two_clones_that_number_a_line_at_once_give_two_numbers(checkout: Checkout, tmp_path: Path) -> None:
    clone = Checkout(checkout.hub, tmp_path / "clone", checkout.slug)
    clone.write(checkout.text())
    checkout.write(checkout.text() + "- [ ] Here\n")
    clone.write(clone.text() + "- [ ] There\n")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda place: place.sync(), (checkout, clone)))
    for place in (checkout, clone, checkout):
        place.synced()
    titles = {row["title"]: number for number, row in checkout.tasks().items()}
    assert {titles["Here"], titles["There"]} == {"T21", "T22"}
    assert f"{titles['There']} There\n" in checkout.text()


def test_an_edit_that_is_saved_while_a_sync_writes_is_not_overwritten(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.change("T01", status="done")
    real, saved = tree.replace, threading.Event()

    def replace(file: tree.Found, before: bytes, after: bytes) -> None:
        if not saved.is_set():
            saved.set()
            checkout.edit("Task 2\n", "Task two\n")
        real(file, before, after)

    monkeypatch.setattr(tree, "replace", replace)
    checkout.synced()
    assert "- [x] T01 Task 1\n- [ ] T02 Task two\n" in checkout.text()
    assert checkout.tasks()["T02"]["title"] == "Task two"


def test_rows_that_move_between_reading_and_writing_are_read_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.edit("Task 1\n", "Task one\n")
    checkout.change("T02", status="progress")
    real, left = Sync._write_files, ["done", "todo", "wait"]

    def write(sync: Sync) -> bool:
        written = real(sync)
        if left:
            checkout.change("T01", priority=4 - len(left))
            checkout.change("T02", status=left.pop())
        return written

    with monkeypatch.context() as patched:
        patched.setattr(Sync, "_write_files", write)
        assert not checkout.sync().conflicts
    checkout.synced()
    assert (checkout.tasks()["T01"]["title"], checkout.tasks()["T01"]["priority"]) == ("Task one", 3)
    assert "- [x] T02 Task 2\n" in checkout.text()
    assert checkout.tasks()["T02"]["status"] == "done"


def test_a_hub_that_goes_away_after_the_files_were_written_does_no_harm(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.change("T01", status="progress")
    checkout.edit("Task 2\n", "Task two\n- [ ] New\n")

    def gone(self: Any, *_: Any) -> Any:
        raise ConnectionError

    with Client(checkout.hub.url) as client, monkeypatch.context() as patched:
        patched.setattr(Sync, "_archived", gone)
        with pytest.raises(ConnectionError):
            Sync(client, checkout.slug, str(checkout.root), Wish()).run()
    assert "- [/] T01" in checkout.text()
    checkout.change("T01", status="done")  # and the hub goes on meanwhile
    checkout.synced()
    assert "- [x] T01 Task 1\n" in checkout.text()
    assert checkout.tasks()["T21"]["title"] == "New"
