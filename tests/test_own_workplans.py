"""The project's own plans are ones that its own sync takes."""

import shutil
from pathlib import Path

import pytest

from statehub.cli.sync_outcome import Wish
from statehub.cli.sync_run import Sync
from statehub.client import Client
from statehub.repos.classification import read_file
from tests.commands import ROOT
from tests.running import Hub


def test_the_projects_own_workplans_go_into_a_hub_without_a_problem(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = read_file(ROOT).classification
    assert found is not None
    assert hub.ask("PUT", f"/repos/{found.slug}/classification", found.document(), body=None).status == 201
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "workplans", copy / "workplans")
    with Client(hub.url, author="sync") as client:
        report = Sync(client, found.slug, str(copy), Wish()).run()
        assert (report.findings, report.conflicts, report.written) == ([], 0, [])
        assert Sync(client, found.slug, str(copy), Wish(check=True)).run().is_clean
    plans = hub.get("/workplans?repo=state-hub&fields=code,status").json["items"]
    assert {plan["code"] for plan in plans} == {f"STATE-WP-{number:04}" for number in range(1, 6)}
    ready = {task["code"] for task in hub.get("/tasks/ready").json["items"]}
    assert ready == {"STATE-WP-0004-T09"}, "what is left of them"
