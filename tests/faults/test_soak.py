"""Load for `STATEHUB_SOAK_S` seconds (12), and nothing grows but the rows that were written."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.faults import soak

# how much higher the highest of the last third may be than that of the second; the first is for warming up. Not of
# connections: a pool opens another one when all are in use, as late as that may be. HIGHEST is the pool's limit and the
# listener, and at rest none is busy
GROWTH = {"memory (MiB)": 12.0, "file descriptors": 12, "threads": 2, "clients": 12}
# how high it may ever be: dead rows stay until autovacuum comes by, once a minute
HIGHEST = {
    "API connections": 11, "ledger rows": 10_000, "unsettled rows": 10_000, "ledger (MiB)": 8, "revisions (MiB)": 4,
    "totals (MiB)": 4, "workplan_totals (MiB)": 8, "unsettled (MiB)": 8, "idempotency_keys (MiB)": 4,
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory and file descriptors in /proc")
def test_under_load_nothing_grows_but_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = float(os.environ.get("STATEHUB_SOAK_S", "12"))
    found = soak.run(seconds, time.time_ns() % 100_000, tmp_path)
    with capsys.disabled():
        print(f"\n{found}", flush=True)
    assert found.checker.violations == [], found
    counts = found.checker.counts
    for kind, least in (("commits", 10), ("reads", 50), ("streams", 5), ("MCP calls", 2), ("waits", 1), ("deltas", 1)):
        assert counts[kind] > least * seconds / 12, (kind, counts[kind])
    for name, at_rest in found.rest.items():
        if (highest := HIGHEST.get(name)) is not None:
            assert max(found.third(number, name) for number in range(3)) <= highest, name
        for ending, growth in GROWTH.items():
            if name.endswith(ending):
                assert found.third(2, name) - found.third(1, name) <= growth, name
        if name.endswith("file descriptors"):
            assert at_rest <= found.samples[0][name] + 10, f"{name}: the clients have left"  # 10: the pool, the client
