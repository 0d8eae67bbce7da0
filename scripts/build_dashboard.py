"""Build the dashboard's pages against an empty hub, so that nobody's data is in them; put them in place in one step.

What is built is a copy: a preview, or a server that runs, sees the former pages or the new ones, and nothing between.
"""

import argparse
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from statehub import __version__

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "dashboard"
# what hatch_build.py looks for: pages that were built against somebody's hub do not get into a wheel
MARK = "_built.json"
CUSTODIAN = [sys.executable, "-m", "statehub.cli.main"]
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def empty_hub(place: Path) -> Iterator[dict[str, str]]:
    """The environment of who asks a hub that is all in that directory; it is stopped whatever happens."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
    ports = dict.fromkeys(("STATEHUB_API_PORT", "STATEHUB_MCP_PORT", "STATEHUB_DASHBOARD_PORT"), "0")
    environment = {**ours, **ports, "STATEHUB_DATA_DIR": str(place), "XDG_CONFIG_HOME": str(place / "config")}
    try:
        run([*CUSTODIAN, "up", "--detach"], environment)
        address = json.loads((place / "hub.json").read_text(encoding="utf-8"))["api"]
        yield {**environment, "STATEHUB_API_URL": address}
    finally:
        run([*CUSTODIAN, "down"], environment)


def build(source: Path, place: Path) -> Path:
    """The pages, built in a copy of the sources in that directory."""
    copy = place / "dashboard"
    left_out = shutil.ignore_patterns("node_modules", "dist", ".observablehq", "__pycache__", ".dist.*")
    shutil.copytree(source, copy, ignore=left_out)
    (copy / "node_modules").symlink_to(source / "node_modules")
    with empty_hub(place / "hub") as environment:
        # the loaders are Python, and it must be this one
        path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
        run(["npm", "--prefix", str(copy), "run", "build"], {**environment, "PATH": path})
    pages = copy / "dist"
    (pages / MARK).write_text(json.dumps({"hub": "empty", "version": __version__}) + "\n", encoding="utf-8")
    return pages


def put(pages: Path, target: Path) -> None:
    """In the place of what is there: in one step where the system has one, else with a blink between two."""
    new, former = (target.with_name(f".{target.name}.{os.getpid()}.{word}") for word in ("new", "former"))
    try:
        shutil.copytree(pages, new)
        if not target.exists():
            new.rename(target)
        elif not _exchange(new, target):
            target.rename(former)
            new.rename(target)
    finally:
        for left in (new, former):
            shutil.rmtree(left, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(AT_FDCWD, bytes(one), AT_FDCWD, bytes(other), RENAME_EXCHANGE) == 0)


def run(command: list[str], environment: dict[str, str]) -> None:
    """Quietly; what it said is shown when it fails."""
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path, default=SOURCE, help="what is built")
    parser.add_argument("--output", type=Path, default=SOURCE / "dist", help="where the pages go")
    parser.add_argument("--check", action="store_true", help="put them nowhere, and run what `npm run check` holds")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    place = Path(tempfile.mkdtemp(prefix="statehub-dashboard-"))
    place.chmod(0o755)  # run by root, PostgreSQL runs as another user
    try:
        source = asked.source.absolute()
        if asked.check:
            run(["npm", "--prefix", str(source), "run", "--if-present", "check"], dict(os.environ))
        pages = build(source, place)
        if not asked.check:
            put(pages, asked.output.absolute())
        print(f"{sum(path.is_file() for path in pages.rglob('*'))} files of the dashboard were built")
    except KeyboardInterrupt:
        sys.exit(1)
    finally:
        with suppress(OSError):
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
