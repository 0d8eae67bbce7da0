"""Everything at once, for `STATEHUB_CHAOS_S` seconds (30): every answer exact, whatever goes wrong."""

import os
import time
from pathlib import Path

import pytest

from tests.faults import chaos
from tests.faults.report import dump, is_enough


def test_every_answer_is_exact_while_everything_goes_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = float(os.environ.get("STATEHUB_CHAOS_S", "30"))
    seed = int(os.environ.get("STATEHUB_CHAOS_SEED", str(time.time_ns() % 100_000)))
    report = chaos.run(seconds, seed, tmp_path)
    dump(report, tmp_path / "chaos.json")
    with capsys.disabled():
        print(f"\n{report}", flush=True)
    checker = report.checker
    assert checker.violations == [], report
    assert is_enough(checker, report.injector, seconds), report
    for kind in ("deltas", "waits", "messages", "refreshes", "reads with a token", "own writes read", "rollbacks"):
        assert checker.counts[kind] > 0, kind
    together, served, _ = checker.compared
    assert together > served / 2, "the oracle saw too little"
    assert report.drift > 0, "no silent write was found by the poll"
