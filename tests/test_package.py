"""What is installed from a wheel runs outside a checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Database, temporary_database

ROOT = Path(__file__).parent.parent


BUILD = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
PAGES = ROOT / "dashboard" / "dist"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked."""
    if not PAGES.is_dir():
        pytest.skip("the dashboard is not built: make dashboard-build")
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run([*BUILD, str(place)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def test_the_wheel_carries_every_sql_file(installed: Path) -> None:
    carried = {str(path.relative_to(installed / "statehub/_sql")) for path in installed.rglob("*.sql")}
    assert carried == {str(path.relative_to(ROOT / "sql")) for path in (ROOT / "sql").rglob("*.sql")}


def test_the_wheel_carries_what_its_page_is_drawn_with(installed: Path) -> None:
    carried = {path.name for path in (installed / "statehub/_swagger_ui").iterdir()}
    assert carried == {"swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"}


def test_the_wheel_carries_the_dashboards_pages_and_finds_them(installed: Path, tmp_path: Path) -> None:
    carried = {str(path.relative_to(installed / "statehub/_dashboard")) for path in installed.rglob("_dashboard/**/*")}
    assert carried == {str(path.relative_to(PAGES)) for path in PAGES.rglob("*")}
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", "from statehub.dashboard.folders import find; print(find())"]
    where = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert where.stdout.strip() == str(installed / "statehub/_dashboard")


@pytest.mark.parametrize("pages", [{}, {"index.html": ""}, {"index.html": "", "_built.json": '{"hub": "theirs"}'}])
def test_a_wheel_without_pages_or_with_somebodys_data_in_them_is_not_built(
    tmp_path: Path, pages: dict[str, str]
) -> None:
    for name in ("statehub", "mcp_server", "sql", "scripts", "pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "dashboard" / "dist").mkdir(parents=True)
    (tmp_path / "dashboard" / "node_modules").symlink_to(ROOT / "dashboard" / "node_modules")
    for name, text in pages.items():
        (tmp_path / "dashboard" / "dist" / name).write_text(text)
    done = subprocess.run([*BUILD, str(tmp_path / "wheel")], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "make dashboard-build" in done.stderr
    assert list(tmp_path.glob("wheel/*.whl")) == []


def test_the_wheel_brings_a_database_to_head_outside_a_checkout(installed: Path, server: str, tmp_path: Path) -> None:
    with temporary_database(server) as database:
        environment = {**os.environ, "PYTHONPATH": str(installed), "STATEHUB_DATABASE_URL": database.url}
        command = [sys.executable, "-c", "import statehub.queries as q; print(q.sql_dir())"]
        where = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
        assert where.stdout.strip() == str(installed / "statehub/_sql")
        migrate = [sys.executable, "-m", "statehub.cli.main", "migrate"]
        subprocess.run(migrate, env=environment, cwd=tmp_path, check=True)
        assert count_migrations(database) == len(list((ROOT / "sql/migrations").glob("*.rollback.sql")))


def test_the_wheel_carries_the_mcp_server(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", "import statehub.cli.mcp as m, mcp_server.server as s; print(s.__file__)"]
    where = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert where.stdout.strip() == str(installed / "mcp_server/server.py")


def test_the_wheel_carries_what_register_project_writes(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", "from statehub.cli.project_template import template_file as t; print(t())"]
    where = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert Path(where.stdout.strip()).is_relative_to(installed)
    template = (ROOT / "scripts/project_claude_md.template").read_bytes()
    assert Path(where.stdout.strip()).read_bytes() == template


def test_the_wheel_installs_custodian_and_what_it_hands_over_to(installed: Path) -> None:
    (script,) = installed.glob("*.data/scripts/custodian")
    assert script.read_bytes() == (ROOT / "scripts/custodian").read_bytes()
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "custodian-python = statehub.cli.main:main" in points.read_text()


def count_migrations(database: Database) -> int:
    return int(database.value("select count(*) from _yoyo_migration"))
