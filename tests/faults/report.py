"""What a chaos run did, in one line; and how much of it is enough."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.faults.checker import Checker
from tests.faults.injections import Injector
from tests.faults.oracle import Oracle

# in 30 seconds
COMMITS, READS, FAULTS, KINDS = 2_000, 10_000, 20, 6


@dataclass
class Report:
    """What a run did and found."""

    checker: Checker
    injector: Injector
    oracle: Oracle
    seconds: float
    seed: int
    silent_s: float = 0.0
    events: int = 0
    drift: int = 0

    def __str__(self) -> str:
        counts, faults = self.checker.counts, self.injector.done
        together, served, revisions = self.checker.compared
        slowest = max(self.checker.slowest.items(), key=lambda one: one[1])
        oldest = max((age for _, _, age in self.checker.ages), default=0)
        return (
            f"chaos, seed {self.seed}, {self.seconds:.0f} s: {counts['commits']} commits,"
            f" {counts['rollbacks']} rollbacks,"
            f" {counts['reads']} reads ({counts['refreshes']} refreshes, {counts['reads with a token']} with a token,"
            f" {counts['own writes read']} own writes), {counts['deltas']} deltas of {self.events} events,"
            f" {counts['waits']} waits, {counts['messages']} messages; {faults.total()} faults of {len(faults)} kinds;"
            f" {together} of {served} sections compared at {revisions} revisions; {counts['503']} answers 503;"
            f" drift {self.drift}; oldest answer {oldest} s; slowest {slowest[0]} {slowest[1]:.1f} s;"
            f" silent write seen after {self.silent_s:.2f} s; {len(self.checker.violations)} violations"
        )


def is_enough(checker: Checker, injector: Injector, seconds: float) -> bool:
    """Whether a run of that length has done what it must."""
    share = seconds / 30
    return (
        checker.counts["commits"] >= COMMITS * share
        and checker.counts["reads"] >= READS * share
        and injector.done.total() >= FAULTS * share
        and len(injector.done) >= min(KINDS, FAULTS * share)
    )


def dump(report: Report, path: Path) -> None:
    """The whole of it, for who looks into a failure."""
    checker = report.checker
    found = {"violations": checker.violations, "counts": checker.counts, "slowest": checker.slowest}
    path.write_text(json.dumps(found, indent=1))
