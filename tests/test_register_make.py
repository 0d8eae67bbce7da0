"""`make register-project`, and `scripts/seed.py`: other ways to the same commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import DONE, ROOT, UNREACHABLE, USAGE, Custodian
from tests.conftest import temporary_database
from tests.projects import World
from tests.running import Hub


def run_make(world: World, *args: str) -> "subprocess.CompletedProcess[str]":
    """The target, with what would install anything left out, and this checkout's command."""
    place = world.place / "bin"
    place.mkdir()
    (place / "custodian").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m statehub.cli.main "$@"\n')
    (place / "custodian").chmod(0o755)
    return subprocess.run(
        ["make", "-s", "-C", str(ROOT), "-o", "install", "register-project", f"BIN={place}",
         f"STATEHUB_API_URL={world.hub.url}", *args],  # a .env of the checkout goes before the environment
        env=world.custodian.environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def world(shared_hub: Hub, tmp_path: Path) -> World:
    (tmp_path / "home").mkdir()
    return World(shared_hub, Custodian(tmp_path / "home", shared_hub.url), tmp_path)


def test_make_registers_a_project_whatever_it_is_called(world: World) -> None:
    root = world.project("made 'by' make & co")
    done = run_make(world, "DOMAIN=infotech", f"PROJECT_PATH={root}", "ARGS=--agents-md")
    assert (done.returncode, done.stderr) == (DONE, "")
    assert {path.name for path in root.iterdir()} == {"CLAUDE.md", "AGENTS.md"}
    assert world.repo("made-by-make-co")["path"] == str(root)


def test_make_says_how_it_is_called(world: World) -> None:
    done = run_make(world, "DOMAIN=infotech")
    assert (done.returncode, "PROJECT_PATH=" in done.stderr) == (USAGE, True)


def seed(*args: str, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **more}
    command = [sys.executable, str(ROOT / "scripts/seed.py"), *args]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_seed_script_loads_what_the_command_loads(server: str, template: str) -> None:
    with temporary_database(server, template) as database:
        database.value("delete from escalation_keywords returning 1")
        assert seed(STATEHUB_DATABASE_URL=database.url).returncode == DONE
        assert database.value("select count(*) from escalation_keywords") > 50
        assert seed(STATEHUB_DATABASE_URL=database.url).returncode == DONE


def test_the_seed_scripts_other_exit_codes() -> None:
    assert seed("--help").stdout.startswith("Loads the canonical domains")
    assert seed("now").returncode == USAGE
    assert seed(STATEHUB_DATABASE_URL="postgresql://127.0.0.1:9/none").returncode == UNREACHABLE
