"""`scripts/patch_mcp_cwd.py` says what takes the place of an old entry, and changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import DONE, FAILED, NOTHING, ROOT, USAGE

SCRIPT = ROOT / "scripts/patch_mcp_cwd.py"
COMMAND = "claude mcp add --transport http --scope user state-hub http://127.0.0.1:8001/mcp"
OLD = {
    "command": "uv",
    "args": ["run", "python", "-m", "mcp_server"],
    "cwd": "/opt/state-hub",
    "env": {"KEY": "hidden"},
}


def run(place: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *args], cwd=place, env=environment, capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("state-hub", OLD),
        ("state-hub", {"command": "python3", "args": ["server.py"]}),
        ("hub", {"command": "python", "args": ["-m", "mcp_server.server"]}),
        ("hub", {"command": "python", "args": "x", "cwd": "/home/ada/state-hub"}),
        ("hub", {"command": "custodian", "args": ["mcp", "--stdio"], "cwd": "/somewhere"}),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_an_old_entry_is_named_with_what_takes_its_place(tmp_path: Path, name: str, entry: Any, named: bool) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {"other": {"command": "x", "cwd": "/y"}, name: entry}}, indent=2))
    before = file.read_bytes()
    done = run(tmp_path, *([".mcp.json"] if named else []))
    assert done.returncode == FAILED
    line = next(n for n, text in enumerate(before.decode().splitlines(), 1) if f'"{name}":' in text)
    assert f".mcp.json:{line}: mcpServers.{name} is of the old kind" in done.stdout
    assert COMMAND in done.stdout
    assert '"state-hub": {"type": "http", "url": "http://127.0.0.1:8001/mcp"}' in done.stdout
    assert "hidden" not in done.stdout
    assert done.stdout.count("old kind") == 1
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (before, [file])


@pytest.mark.parametrize(
    "document",
    [
        {}, {"mcpServers": None}, {"mcpServers": []}, {"mcpServers": {"state-hub": 7}}, {"projects": {"/x": 7}},
        {"mcpServers": {"state-hub": {"type": "sse", "url": "http://127.0.0.1:8001/sse"}}},
        {"mcpServers": {"state-hub": {"command": "/bin/custodian", "args": ["mcp", "--stdio"]}}},
        {"mcpServers": {"other": OLD | {"args": [], "cwd": "/y"}}},
    ],
)  # fmt: skip
def test_where_nothing_old_is_there_it_says_how_to_register(tmp_path: Path, document: Any) -> None:
    (tmp_path / ".mcp.json").write_text(json.dumps(document))
    done = run(tmp_path)
    assert (done.returncode, COMMAND in done.stdout, "no longer needed" in done.stdout) == (DONE, True, True)


def test_entries_of_single_projects_are_found_too(tmp_path: Path) -> None:
    file = tmp_path / ".claude.json"
    file.write_text(json.dumps({"projects": {"/home/ada/x": {"mcpServers": {"state-hub": OLD}}}}))
    done = run(tmp_path, "~/.claude.json")
    assert (done.returncode, "projects['/home/ada/x'].mcpServers.state-hub" in done.stdout) == (FAILED, True)


def test_the_other_exit_codes(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == DONE
    assert run(tmp_path, "missing.json").returncode == NOTHING
    (tmp_path / "bad.json").write_text("{")
    bad = run(tmp_path, "bad.json")
    assert (bad.returncode, "is no JSON" in bad.stderr) == (USAGE, True)
    assert run(tmp_path, "--nothing").returncode == USAGE
    assert "Example:" in run(tmp_path, "--help").stdout
