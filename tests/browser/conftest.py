"""Debian's chromium, headless; a page that remembers what it said and what it asked for."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# a machine with other work beside it; how fast the pages are is measured by bench/dashboard.py
expect.set_options(timeout=20_000)

ARGS = ["--disable-gpu", "--disable-background-networking"]
# where a person can look at what was drawn
ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / "screenshots"


@dataclass
class Watched:
    """A page, what it logged, and every address that it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def shoot(self, name: str) -> None:
        """Write a screenshot."""
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard's pages, built from a copy of their sources, with nobody's data."""
    source, place = ROOT / "dashboard", tmp_path_factory.mktemp("pages") / "dashboard"
    if shutil.which("npm") is None or not (source / "node_modules").is_dir():
        pytest.skip("the dashboard cannot be built here: npm --prefix dashboard ci")
    left_out = shutil.ignore_patterns("node_modules", "dist", ".observablehq", "__pycache__")
    shutil.copytree(source, place, ignore=left_out)
    (place / "node_modules").symlink_to(source / "node_modules")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
    # the loaders are Python, and it must be this one
    path = os.pathsep.join([str(Path(sys.executable).parent), ours.get("PATH", "")])
    built = subprocess.run(
        ["npm", "run", "build"], cwd=place, env=ours | {"PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return place / "dist"


# not for the whole session: playwright's event loop runs in this thread until it ends
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here; on Debian: apt install chromium")
    args = [*ARGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    found = Watched(context.new_page())
    found.page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
    found.page.on("request", lambda request: found.asked.append(request.url))
    yield found
    context.close()
