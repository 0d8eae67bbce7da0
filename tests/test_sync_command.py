"""`custodian sync` as it is called: exit codes, what is shown, hooks, `--all`, `--watch`, and the short way."""

import json
import os
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.checkouts import PLAN, Checkout
from tests.commands import CONFLICT, DONE, NOTHING, UNREACHABLE, USAGE, Custodian
from tests.hubs import CUSTODIAN
from tests.running import Hub, eventually


@pytest.fixture
def custodian(shared_hub: Hub, tmp_path: Path) -> Custodian:
    return Custodian(tmp_path, shared_hub.url)


@pytest.fixture
def checkout(shared_hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local/state"))
    found = Checkout.made(shared_hub, tmp_path)
    found.git("init")
    return found


def sync(custodian: Custodian, checkout: Checkout, *args: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return custodian("sync", *args, cwd=checkout.root, **more)


def test_file_and_hub_agree_after_it_and_each_change_is_told_with_its_line(
    custodian: Custodian, checkout: Checkout
) -> None:
    checkout.write(checkout.text() + "- [ ] New \x1b[31mred\n")
    done = sync(custodian, checkout)
    assert done.returncode == DONE, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        f"workplans/plan.md:12: {checkout.code}-T04: new in the hub: New [31mred",
        f"{checkout.slug}: 1 workplan, 4 tasks; 5 changes written to the hub, 1 change written to the file",
    ]
    checkout.change("T01", status="done")
    done = sync(custodian, checkout, str(checkout.root / "workplans"), "--json")
    [repo] = json.loads(done.stdout)["repos"]
    assert repo["changes"] == [
        {"to": "file", "file": "workplans/plan.md", "line": 9, "code": f"{checkout.code}-T01", "field": "status",
         "old": "todo", "new": "done", "done": True}
    ]  # fmt: skip
    assert repo["written"] == ["workplans/plan.md"]


def test_its_exit_codes_say_what_happened(custodian: Custodian, checkout: Checkout, tmp_path: Path) -> None:
    assert sync(custodian, checkout, "--check").returncode == CONFLICT
    assert sync(custodian, checkout).returncode == DONE
    assert sync(custodian, checkout, "--check").returncode == DONE
    checkout.write("---\nid: [\n---\n", "broken.md")
    assert sync(custodian, checkout).returncode == USAGE
    checkout.path("broken.md").unlink()
    checkout.edit("T01 First", "T01 Mine")
    checkout.change("T01", title="Theirs")
    done = sync(custodian, checkout)
    assert done.returncode == CONFLICT
    assert (
        f'workplans/plan.md:9: {checkout.code}-T01: conflict: title is "Mine" in the file, "Theirs" in the hub'
        in done.stdout
    )
    assert sync(custodian, checkout, "--prefer", "hub").returncode == DONE
    assert sync(custodian, checkout, STATEHUB_API_URL="http://127.0.0.1:9").returncode == UNREACHABLE
    assert sync(custodian, checkout, "--all", "somewhere").returncode == USAGE
    assert sync(custodian, checkout, "--all", "--install-hook").returncode == USAGE
    (tmp_path / "else where").mkdir()
    done = custodian("sync", cwd=tmp_path / "else where")
    assert done.returncode == NOTHING
    assert done.stderr.rstrip().endswith(f"register-project --domain DOMAIN --path '{tmp_path / 'else where'}'")


def test_the_short_way_sees_every_change_of_either_side(custodian: Custodian, checkout: Checkout) -> None:
    def short_way() -> bool:
        """Whether it answers without asking for more than the tag."""
        told = sync(custodian, checkout, PYTHONPROFILEIMPORTTIME="1")
        assert told.returncode == DONE
        assert f"{checkout.slug}: " in told.stdout
        return "typer" not in told.stderr

    def settled() -> None:
        eventually(short_way, "the short way is taken", within_s=20)

    sync(custodian, checkout)
    settled()
    assert sync(custodian, checkout, "--check").stdout == f"{checkout.slug}: 1 workplan, 3 tasks; file and hub agree\n"
    stamp = checkout.path().stat()
    checkout.edit("First", "Tsrif")  # as long as it was, and as old
    os.utime(checkout.path(), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert not short_way()
    assert checkout.tasks()["T01"]["title"] == "Tsrif"
    settled()
    checkout.change("T01", status="done")
    for _ in range(2):
        told = sync(custodian, checkout, "--no-write")
        assert (told.returncode, told.stdout.splitlines()) == (
            DONE,
            [
                f"workplans/plan.md:9: {checkout.code}-T01: status todo → done, into the file (not done)",
                f"{checkout.slug}: 1 workplan, 3 tasks; 1 change not written to the file",
            ],
        )
    assert not short_way()
    assert "- [x] T01" in checkout.text()
    settled()
    checkout.write(PLAN.format(code=f"{checkout.code}B"), "b.md")
    assert not short_way()
    settled()
    checkout.path("b.md").unlink()
    told = sync(custodian, checkout)
    assert "has no file any more" in told.stdout
    assert sync(custodian, checkout).stdout == told.stdout
    assert sync(custodian, checkout, STATEHUB_API_URL="http://127.0.0.1:9").returncode == UNREACHABLE


def test_all_registered_repositories_of_this_machine_are_synced(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local/state"))
    custodian = Custodian(tmp_path, hub.url)
    one, two = Checkout.made(hub, tmp_path), Checkout.made(hub, tmp_path)
    hub.created("/repos", slug="none", name="None", domain="infotech")
    assert hub.post("/repos", {"slug": "gone", "name": "Gone", "domain": "infotech", "path": "/nowhere"}).status == 201
    done = custodian("sync", "--all")
    assert done.returncode == DONE, done.stderr
    assert "gone: /nowhere is not on this machine" in done.stderr
    assert [len(place.tasks()) for place in (one, two)] == [3, 3]
    done = custodian("sync", str(one.root), str(tmp_path / two.slug), str(one.root))
    assert done.returncode == DONE
    assert done.stdout.count(f"{one.slug}: ") == 2
    done = custodian("sync", "--all", STATEHUB_REPO_ROOTS=str(tmp_path / one.slug))
    assert f"{two.slug}: " in done.stderr
    assert f"{two.slug}: " not in done.stdout


def test_hooks_check_before_a_commit_and_sync_after_a_merge(custodian: Custodian, checkout: Checkout) -> None:
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho kept >> kept.txt\n")
    hook.chmod(0o755)
    environment = custodian.environment()
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")

    def git(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["git", *who, *words], cwd=checkout.root, env=environment, capture_output=True, text=True, check=False
        )

    for _ in range(2):
        assert sync(custodian, checkout, "--install-hook").returncode == DONE
    assert hook.read_text().count("custodian sync --install-hook") == 1
    git("add", "workplans")
    refused = git("commit", "-m", "first")
    assert (refused.returncode, "run custodian sync" in refused.stderr) == (1, True), refused.stderr
    sync(custodian, checkout)
    assert git("commit", "-m", "first").returncode == 0
    assert (checkout.root / "kept.txt").read_text() == "kept\n"
    git("switch", "-c", "other")
    checkout.edit("T01 First", "T01 Merged")
    git("commit", "--no-verify", "-am", "second")
    git("switch", "-")
    assert git("merge", "other").returncode == 0
    assert checkout.tasks()["T01"]["title"] == "Merged"
    environment["STATEHUB_API_URL"] = "http://127.0.0.1:9"
    checkout.edit("T01 Merged", "T01 Offline")
    assert git("commit", "-am", "while the hub is away").returncode == 0


def test_a_hook_that_is_no_shell_script_is_kept_and_runs(custodian: Custodian, checkout: Checkout) -> None:
    checkout.git("config", "core.hooksPath", "my hooks")
    folder = checkout.root / "my hooks"
    folder.mkdir()
    (folder / "post-merge").write_text("#!/usr/bin/env python3\nopen('ran', 'w')\n")
    (folder / "post-merge").chmod(0o755)
    assert sync(custodian, checkout, "--install-hook").returncode == DONE
    assert not (checkout.root / ".git/hooks/pre-commit").exists()
    done = subprocess.run([folder / "post-merge"], cwd=checkout.root, env=custodian.environment(), check=False)
    assert (done.returncode, (checkout.root / "ran").exists()) == (0, True)
    assert len(checkout.tasks()) == 3


def test_it_follows_both_sides_until_ctrl_c(custodian: Custodian, checkout: Checkout) -> None:
    # who runs the tests in the background has Ctrl-C ignored, and so would what they start
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        [*CUSTODIAN, "sync", "--watch"], env=custodian.environment(), cwd=checkout.root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=listens,
    )  # fmt: skip

    def task() -> Any:
        plans = checkout.hub_side()["workplans"]
        return plans[0]["tasks"][0] if plans else {}

    with process:
        eventually(task, "the first sync", within_s=20)
        checkout.edit("T01 First", "T01 Saved")
        eventually(lambda: task()["title"] == "Saved", "the file is followed", within_s=20)
        checkout.change("T01", status="done")
        eventually(lambda: "- [x] T01 Saved" in checkout.text(), "the hub is followed", within_s=20)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == DONE, process.stderr and process.stderr.read()
