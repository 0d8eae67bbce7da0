"""Everything at once, for `STATEHUB_CHAOS_S` seconds (30): every answer exact, whatever goes wrong."""

import os
import time
from pathlib import Path

import pytest

from tests.faults import chaos


def test_every_answer_is_exact_while_everything_goes_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = float(os.environ.get("STATEHUB_CHAOS_S", "30"))
    seed = int(os.environ.get("STATEHUB_CHAOS_SEED", str(time.time_ns() % 100_000)))
    report = chaos.run(seconds, seed, tmp_path)
    chaos.dump(report, tmp_path / "chaos.json")
    with capsys.disabled():
        print(f"\n{report}", flush=True)
    assert report.checker.violations == [], report
    share = seconds / 30
    counts, faults = report.checker.counts, report.injector.done
    assert counts["commits"] >= 2_000 * share
    assert counts["reads"] >= 10_000 * share
    assert faults.total() >= 20 * share
    assert len(faults) >= 6
    assert counts["deltas"] > 0
    assert counts["waits"] > 0
    assert counts["messages"] > 0
    together, served, _ = report.checker.compared
    assert together > served / 2, "the oracle saw too little"
    assert report.drift > 0, "no silent write was found by the poll"
