"""How long does `custodian sync` take beside `git status`, with 1,000 workplan files and 10,000 tasks?

Whole processes on a hub of their own: the first sync, one where nothing has changed, one where a line has. Those
without a change take turns with `git status` on the same tree; a ratio is the median of the ratios of neighbours.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from _common import paired_ratio, report, spread

from statehub import calls
from statehub.client import Client

PLANS, TASKS = 1000, 10
ROUNDS, CHANGES = 25, 5
API = "http://127.0.0.1:8767"
CUSTODIAN = [str(Path(sys.executable).with_name("custodian"))]  # as people call it
SYNC = [*CUSTODIAN, "sync"]
GIT = ["git", "status", "--porcelain"]


def fill(root: Path) -> None:
    """The repository, committed."""
    folder = root / "workplans"
    folder.mkdir(parents=True)
    for plan in range(PLANS):
        lines = "".join(
            f"- [ ] T{task:02} Task {task} of {plan}{f' (depends: T{task - 1:02})' if task > 1 else ''}\n"
            for task in range(1, TASKS + 1)
        )
        head = f"---\nid: BENCH-WP-{plan:04}\ntitle: Plan {plan}\nstatus: active\nowner: ada\n---\nWhy.\n\n## Tasks\n"
        (folder / f"{plan:04}.md").write_text(head + lines, encoding="utf-8")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "plans"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)


def timed(command: list[str], root: Path, environment: dict[str, str]) -> float:
    """Milliseconds of a process, from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="statehub-bench-"))
    place.chmod(0o755)
    root = place / "repo"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("STATEHUB_", "XDG_"))}
    environment = {
        **ours, "STATEHUB_DATA_DIR": str(place / "hub"), "STATEHUB_API_PORT": API.rpartition(":")[2],
        "STATEHUB_MCP_PORT": "0", "HOME": str(place),
    }  # fmt: skip
    unchanged: list[float] = []
    one_line: list[float] = []
    git: list[float] = []
    try:
        fill(root)
        subprocess.run([*CUSTODIAN, "up", "--detach"], env=environment, check=True, stdout=subprocess.DEVNULL)
        with Client(API, author="bench") as client:
            client.do(calls.repos.create(slug="bench", name="Bench", domain="infotech", path=str(root)))
        first = timed(SYNC, root, environment)
        for _ in range(2):  # the second one has looked at files that are no longer new
            time.sleep(0.1)
            long_way = timed(SYNC, root, environment)
        for number in range(-2, ROUNDS):  # the first rounds warm up
            pair = timed(SYNC, root, environment), timed(GIT, root, environment)
            if number >= 0:
                unchanged.append(pair[0])
                git.append(pair[1])
        for number in range(CHANGES):
            file = root / "workplans" / f"{number:04}.md"
            file.write_text(file.read_text(encoding="utf-8").replace("- [ ] T01", "- [x] T01"), encoding="utf-8")
            one_line.append(timed(SYNC, root, environment))
    finally:
        subprocess.run([*CUSTODIAN, "down"], env=environment, check=True)
        shutil.rmtree(place)
    ratios = {"unchanged_vs_git_status": paired_ratio(unchanged, git)}
    figures = {
        "first_ms": first, "unchanged_ms": median(unchanged), "one_line_ms": median(one_line), "long_way_ms": long_way,
        "git_status_ms": median(git),
    }  # fmt: skip
    rows = [
        ("first sync", spread([first])), ("unchanged", spread(unchanged)), ("one line changed", spread(one_line)),
        ("git status", spread(git)),
    ]  # fmt: skip
    report("sync", (__doc__ or "").splitlines()[0], ("run", "ms"), rows, ratios, figures)


if __name__ == "__main__":
    main()
