"""How long does a command of `custodian` take, from its start to its end?

Whole processes on a hub with 500 tasks: --version, next, task list and status, next to a Python that imports rich.table
and typer and does nothing. They take turns; a ratio is the median of the ratios of neighbours. `_cpu` is by CPU time of
the process, truer on a busy machine.
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
from statehub.cli import hubfile
from statehub.client import Client

ROUNDS = 15
CUSTODIAN = [str(Path(sys.executable).with_name("custodian"))]  # as people call it
PEER = [sys.executable, "-c", "import rich.table, typer"]
COMMANDS = {
    "version": ["--version"], "next": ["next", "--json"], "task_list": ["task", "list"], "status": ["status"],
}  # fmt: skip


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU time of a process, in milliseconds."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return took * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def fill(url: str) -> None:
    """A repository with 500 tasks."""
    with Client(url, author="bench") as client:
        client.do(calls.repos.create(slug="bench", name="Bench", domain="infotech"))
        plan = client.do(calls.workplans.create(repo="bench", title="Plan", status="ready"))["code"]
        client.do(calls.tasks.create_many([{"workplan": plan, "title": f"Task {n}"} for n in range(500)]))


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="statehub-bench-"))
    place.chmod(0o755)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
    ports = dict.fromkeys(("STATEHUB_API_PORT", "STATEHUB_MCP_PORT", "STATEHUB_DASHBOARD_PORT"), "0")
    environment = {**ours, **ports, "STATEHUB_DATA_DIR": str(place / "hub"), "HOME": str(place)}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("peer", *COMMANDS)}
    try:
        subprocess.run([*CUSTODIAN, "up", "--detach"], env=environment, check=True, stdout=subprocess.DEVNULL)
        hub = hubfile.read(place / "hub")
        assert hub, "the hub is up"
        fill(hub["api"])
        peers: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
        for number in range(-1, ROUNDS):  # the first round warms up
            for name, arguments in COMMANDS.items():
                pair = (timed([*CUSTODIAN, *arguments], environment), timed(PEER, environment))
                if number >= 0:
                    times[name].append(pair[0])
                    peers[name].append(pair[1])
                    times["peer"].append(pair[1])
    finally:
        subprocess.run([*CUSTODIAN, "down"], env=environment, check=True)
        shutil.rmtree(place)
    ratios = {}
    for name in COMMANDS:
        for part, suffix in ((0, ""), (1, "_cpu")):
            mine, theirs = [each[part] for each in times[name]], [each[part] for each in peers[name]]
            ratios[f"{name}_vs_imports{suffix}"] = paired_ratio(mine, theirs)
    rows = [(name, spread([t[0] for t in found]), spread([t[1] for t in found])) for name, found in times.items()]
    figures = {f"{name}_ms": median(t[0] for t in found) for name, found in times.items()}
    report("cli", (__doc__ or "").splitlines()[0], ("command", "ms", "CPU ms"), rows, ratios, figures)


if __name__ == "__main__":
    main()
