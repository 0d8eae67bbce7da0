"""The pages are built against a hub that is empty and gone afterwards, and put in place in one step."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.dashboard.board import FILES, write_pages

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "build_dashboard.py"
# what Framework and a loader do, and nothing more
BUILD = """import {execFileSync} from "node:child_process"; import {mkdirSync, writeFileSync} from "node:fs";
const summary = await (await fetch(process.env.STATEHUB_API_URL + "/state/summary")).json();
const python = execFileSync("python3", ["-c", "import sys, statehub; print(sys.executable)"], {encoding: "utf8"});
mkdirSync("dist");
writeFileSync("dist/index.html", JSON.stringify({totals: summary.totals, api: process.env.STATEHUB_API_URL, python}));
"""
FAIL = "console.error('this page does not compile'); process.exit(3);"

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here")


def sources(place: Path, build: str, check: str = "process.exit(0)") -> Path:
    """A folder that npm can build."""
    scripts = {"build": "node build.js", "check": "node check.js"}
    package = {"name": "x", "private": True, "type": "module", "scripts": scripts}
    return write_pages(
        place, {"package.json": json.dumps(package), "build.js": build, "check.js": check, "node_modules/x": ""}
    )


def run(place: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    """The script, told of somebody's hub, with `place` for all that is temporary."""
    temporary = place / "tmp"
    temporary.mkdir(exist_ok=True)
    somebody = {"STATEHUB_API_URL": "http://127.0.0.1:9", "STATEHUB_DATA_DIR": str(place / "theirs")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *args], env={**os.environ, **somebody, "TMPDIR": str(temporary)},
        capture_output=True, text=True, timeout=120, check=False, cwd=place,
    )  # fmt: skip


def test_pages_have_nothing_of_anybodys_hub_and_the_one_they_were_built_against_is_gone(tmp_path: Path) -> None:
    target = write_pages(tmp_path / "out" / "dist", {**FILES, "former.html": ""})
    done = run(tmp_path, "--source", str(sources(tmp_path / "sources", BUILD)), "--output", str(target))
    assert done.returncode == 0, done.stderr
    built = json.loads((target / "index.html").read_text())
    assert (built["totals"]["tasks"]["total"], built["totals"]["decisions"]["total"]) == (0, 0)
    assert built["api"] != "http://127.0.0.1:9"
    assert Path(built["python"].strip()).parent == Path(sys.executable).parent, "the loaders are run by our Python"
    assert json.loads((target / "_built.json").read_text())["hub"] == "empty"
    assert not (target / "former.html").exists()
    assert [path.name for path in target.parent.iterdir()] == ["dist"]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "theirs").exists()
    running = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path / "tmp") not in running


def test_a_build_or_a_check_that_fails_says_why_and_changes_nothing(tmp_path: Path) -> None:
    target = write_pages(tmp_path / "dist")
    broken = run(tmp_path, "--source", str(sources(tmp_path / "broken", FAIL)), "--output", str(target))
    assert broken.returncode == 1
    assert "this page does not compile" in broken.stderr
    unchecked = run(tmp_path, "--source", str(sources(tmp_path / "unchecked", BUILD, FAIL)), "--check")
    assert unchecked.returncode == 1
    assert "this page does not compile" in unchecked.stderr
    assert not (tmp_path / "unchecked" / "dist").exists()
    assert {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} == set(FILES)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a blink between two")
def test_pages_that_are_replaced_are_there_all_the_time(tmp_path: Path) -> None:
    put = runpy.run_path(str(SCRIPT))["put"]
    target = tmp_path / "dist"
    stopped = threading.Event()
    missed: list[OSError] = []

    def read() -> None:
        while not stopped.is_set():
            try:
                (target / "index.html").stat()
            except OSError as error:
                missed.append(error)

    put(write_pages(tmp_path / "new"), target)
    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        put(write_pages(tmp_path / "new", {**FILES, "index.html": str(number)}), target)
    stopped.set()
    reader.join()
    assert missed == []
    assert (target / "index.html").read_text() == "49"
