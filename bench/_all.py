"""Every benchmark, one after the other, and then one table of what they compare, with what is aimed at.

Usage: _all.py [NAME…]    those benchmarks only. Exit 1: one did not come to its end. What
misses an aim is shown, not judged.
"""

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
NOT_ONE = ("earlier_design",)  # what read_summary is compared with
# bench/README.md says why; a ratio without an aim is there to be seen
AIMS = {
    "hit_vs_constant": ">= 0.8",
    "hit_vs_earlier_design": ">= 20",
    "guarded_vs_unguarded": ">= 0.9",
    "get_vs_limit": ">= 0.7",
    "list_vs_limit": ">= 0.7",
    "create_vs_limit": ">= 0.7",
    "patch_vs_limit": ">= 0.7",
    "get_vs_peer": ">= 2",
    "list_vs_peer": ">= 2",
    "ledger_vs_notify_only": ">= 0.8",
    "million_vs_ten_thousand": "<= 1.3",
    "fresh_vs_parts": "<= 1.5",
    "claims_vs_limit_64": ">= 0.6",
    "ready_million_vs_ten_thousand": "<= 3",
    "summary_vs_parts": "<= 1.5",
    "status_vs_imports": "<= 1.5",
    "unchanged_vs_git_status": "<= 5",
    "page_s": "<= 1.5",
    "filter_ms": "<= 100",
    "change_p90_ms": "<= 1000",
    "script_kb": "<= 700",
    "layout_shift": "<= 0",
}


def names(asked: list[str]) -> list[str]:
    """The benchmarks, in the order of the alphabet."""
    there = sorted(path.stem for path in HERE.glob("[a-z]*.py") if path.stem not in NOT_ONE)
    if unknown := set(asked) - set(there):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    return asked or there


def run(name: str) -> dict[str, float]:
    """The ratios of one; its own table goes to stdout as it comes. None where it failed."""
    done = subprocess.run([sys.executable, HERE / f"{name}.py"], stdout=subprocess.PIPE, text=True, check=False)
    *table, last = done.stdout.rstrip("\n").split("\n")
    print("\n".join(table), flush=True)
    return dict(json.loads(last)["ratios"]) if done.returncode == 0 else {}


def reached(value: float, aim: str) -> bool:
    """Whether a ratio is what was aimed at, ">= 0.8" or "<= 3"."""
    sign, limit = aim.split()
    return value >= float(limit) if sign == ">=" else value <= float(limit)


def main() -> int:
    """Run them, show them; 1 when one failed."""
    results = {name: run(name) for name in names(sys.argv[1:])}
    table = Table("bench", "ratio", "", "aim", "", title="All benchmarks", title_justify="left", title_style="bold")
    for name, ratios in results.items():
        for ratio, value in ratios.items() or [("did not come to its end", float("nan"))]:
            aim = AIMS.get(ratio, "")
            mark = "" if not aim else "reached" if reached(value, aim) else "missed"
            table.add_row(name, ratio, f"{value:.2f}", aim, mark)
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
