"""The pages are built against a hub that is empty and gone afterwards, and put in place in one step."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from contextlib import suppress
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
READ = """import os, select, sys
print("reading", flush=True)
missed = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(100):
        missed += not os.path.exists(sys.argv[1])
print(missed)
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


def told_of(place: Path) -> list[str]:
    """Processes that have this place in their environment, as far as /proc tells."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if os.fsencode(place) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
    return found


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
    assert told_of(tmp_path / "tmp") == []


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
    assert told_of(tmp_path / "tmp") == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a blink between two")
def test_pages_that_are_replaced_are_there_all_the_time(tmp_path: Path) -> None:
    put = runpy.run_path(str(SCRIPT))["put"]
    target = tmp_path / "dist"
    put(write_pages(tmp_path / "new"), target)
    reading = [sys.executable, "-c", READ, str(target / "index.html")]  # a process: a thread would take turns with us
    with subprocess.Popen(reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "reading\n"
        for number in range(50):
            put(write_pages(tmp_path / "new", {**FILES, "index.html": str(number)}), target)
        missed, _ = reader.communicate("")
    assert missed == "0\n"
    assert (target / "index.html").read_text() == "49"
