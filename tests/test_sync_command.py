"""`custodian sync` as it is called: exit codes, what is shown, hooks, `--all`, `--watch`, and the short way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from statehub.cli import agreement, sync_watch
from tests.checkouts import PLAN, Checkout
from tests.commands import CONFLICT, DONE, NOTHING, ROOT, UNREACHABLE, USAGE, Custodian
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


@dataclass
class Launcher:
    """`custodian` as it is installed, beside a custodian-python that leaves a mark."""

    custodian: Custodian
    checkout: Checkout
    path: Path
    words: tuple[str, ...] = ()

    @classmethod
    def made(cls, custodian: Custodian, checkout: Checkout, place: Path) -> "Launcher":
        place.mkdir()
        path = Path(shutil.copy(ROOT / "scripts/custodian", place))
        python = place / "custodian-python"
        python.write_text(f'#!/bin/sh\n: > "{place}/called"\nexec {sys.executable} -m statehub.cli.main "$@"\n')
        python.chmod(0o755)
        return cls(custodian, checkout, path)

    def __call__(self, *args: str, cwd: Path | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.words, str(self.path), *args], cwd=cwd or self.checkout.root, check=False, capture_output=True,
            env=self.custodian.environment(**more), text=True,
        )  # fmt: skip

    def is_short(self, *args: str, cwd: Path | None = None, **more: str) -> bool:
        """Whether a sync says that both sides agree, and Python was not started for it."""
        mark = self.path.resolve().with_name("called")
        mark.unlink(missing_ok=True)
        told = self("sync", *args, cwd=cwd, **more)
        assert told.returncode == DONE, told.stderr
        assert told.stdout.endswith("file and hub agree\n") or mark.exists(), told.stdout
        return not mark.exists()

    def settles(self, *args: str, cwd: Path | None = None, **more: str) -> None:
        """Sooner or later: the hub may still be settling what a sync wrote, which moves its tag."""
        eventually(lambda: self.is_short(*args, cwd=cwd, **more), "the short way is taken", within_s=20)


@pytest.fixture
def launcher(custodian: Custodian, checkout: Checkout, tmp_path: Path) -> Launcher:
    return Launcher.made(custodian, checkout, tmp_path / "bin of 100%")


def test_the_short_way_sees_every_change_of_either_side(launcher: Launcher) -> None:
    checkout = launcher.checkout
    launcher("sync")
    launcher.settles()
    assert launcher("sync", "--check").stdout == f"{checkout.slug}: 1 workplan, 3 tasks; file and hub agree\n"
    stamp = checkout.path().stat()
    checkout.edit("First", "Tsrif")  # as long as it was, and as old
    os.utime(checkout.path(), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert not launcher.is_short()
    assert checkout.tasks()["T01"]["title"] == "Tsrif"
    launcher.settles()
    checkout.change("T01", status="done")
    for _ in range(2):
        told = launcher("sync", "--no-write")
        assert (told.returncode, told.stdout.splitlines()) == (
            DONE,
            [
                f"workplans/plan.md:9: {checkout.code}-T01: status todo → done, into the file (not done)",
                f"{checkout.slug}: 1 workplan, 3 tasks; 1 change not written to the file",
            ],
        )
    assert not launcher.is_short()
    assert "- [x] T01" in checkout.text()
    launcher.settles()
    checkout.write(PLAN.format(code=f"{checkout.code}B"), "below/b.MD")
    assert not launcher.is_short()
    launcher.settles()
    checkout.path("below/b.MD").unlink()
    told = launcher("sync")
    assert "has no file any more" in told.stdout
    assert launcher("sync").stdout == told.stdout
    assert launcher("sync", STATEHUB_API_URL="http://127.0.0.1:9").returncode == UNREACHABLE


def test_the_short_way_is_for_who_asked_before_and_knows_no_other_words(launcher: Launcher, tmp_path: Path) -> None:
    launcher("sync")
    launcher.settles()
    (below := launcher.checkout.root / "workplans" / "below").mkdir()
    launcher.settles("--check", "--no-write", cwd=below)
    launcher.settles(LC_ALL="C.UTF-8", STATEHUB_DATABASE_URL="postgresql://ada:secret@127.0.0.1/hub")
    others: list[dict[str, Any]] = [
        {"STATEHUB_AGENT": "ada"},
        {"XDG_CONFIG_HOME": str(tmp_path)},
        {"STATEHUB_API_TOKEN": "s" * 40},
    ]
    for more in others:
        assert not launcher.is_short(**more)
        launcher("sync")
        launcher.settles()
    assert "custodian sync" in launcher("sync", "--help").stdout
    assert launcher("sync", "--prefer").returncode == USAGE
    (memory,) = (tmp_path / ".cache/statehub/sync").iterdir()
    assert memory.parent.stat().st_mode & 0o077 == 0
    (tmp_path / ".config/statehub").mkdir(parents=True)
    (tmp_path / ".config/statehub/env").write_text("STATEHUB_AGENT=ada\n")
    assert not launcher.is_short()
    launcher.settles()
    launcher.checkout.write(PLAN.format(code=f"{launcher.checkout.code}B"), "../linked.md")
    launcher.checkout.path("linked.md").symlink_to("../linked.md")
    launcher("sync")
    for _ in range(3):  # each takes longer than a file is too new to tell
        assert not launcher.is_short(), "what is behind a link may change unseen"


def test_the_short_way_is_taken_by_any_shell_and_from_behind_a_link(launcher: Launcher, tmp_path: Path) -> None:
    launcher("sync")
    launcher.settles()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to(launcher.path)
    linked = replace(launcher, path=tmp_path / "a")
    assert linked("--version").stdout.startswith("custodian ")
    for words in ((), ("sh",), ("bash", "--posix")):
        replace(linked, words=words).settles()
    assert not launcher.is_short(PATH=str(tmp_path)), "no bash, no find: Python looks"
    assert launcher("status", "--nothing", PATH=str(tmp_path)).returncode == USAGE


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


def test_a_folder_that_is_removed_and_made_anew_at_once_is_still_watched(tmp_path: Path) -> None:
    folder, changed, stop = tmp_path / "workplans", threading.Event(), threading.Event()
    watching = threading.Thread(target=sync_watch._follow_files, args=(tmp_path, changed, stop))

    def write(text: str) -> bool:
        (folder / "plan.md").write_text(text)
        return changed.wait(0.1)

    folder.mkdir()
    watching.start()
    try:
        eventually(lambda: write("one"), "a change is seen")
        time.sleep(0.3)  # a change of before is no change of after
        changed.clear()
        shutil.rmtree(folder)
        folder.mkdir()
        eventually(lambda: changed.wait(0.1), "that it went is seen")
        time.sleep(0.3)
        changed.clear()
        eventually(lambda: write("two"), "what is made in it is seen")
    finally:
        stop.set()
        watching.join(20)
    assert not watching.is_alive()


def test_what_moves_while_a_sync_reads_is_not_taken_for_what_it_read(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("STATEHUB_API_TOKEN", raising=False)
    root, folder = str(checkout.root), checkout.root / "workplans" / "a"
    folder.mkdir(parents=True)
    (folder / "p.md").write_text("x")

    def kept(before: agreement.Look) -> bool:
        agreement.remember(before, root, str(tmp_path), "http://127.0.0.1:1", "/p", "t", "told")
        return any((tmp_path / "cache").rglob("*%2F*"))

    eventually(lambda: kept(agreement.look(root, str(tmp_path))), "the files are old enough")
    agreement.forget(root)
    before = agreement.look(root, str(tmp_path))
    folder.rename(folder.with_name("b"))  # no file's own time tells
    assert not kept(before)
    assert kept(agreement.look(root, str(tmp_path)))


def test_a_path_that_no_file_can_be_named_after_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("STATEHUB_API_TOKEN", raising=False)
    root = tmp_path.joinpath(*["deep"] * 50)
    (root / "workplans").mkdir(parents=True)
    before = agreement.look(str(root), str(tmp_path))
    agreement.remember(before, str(root), str(tmp_path), "http://127.0.0.1:1", "/p", "t", "told")
    assert list((tmp_path / "cache").rglob("*")) == []
