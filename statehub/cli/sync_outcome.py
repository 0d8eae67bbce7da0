"""What a sync is asked for, and what it found and did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from statehub.repos.merge import Prefer
from statehub.repos.reconcile import Outcome
from statehub.repos.survey import Finding


@dataclass(frozen=True)
class Wish:
    """How it is done."""

    check: bool = False
    write: bool = True
    prune: bool = False
    prefer: Prefer = None


@dataclass
class Report:
    """What was found and done. `sent`: the hub's counts, None where nothing was sent; `written`: paths of files."""

    repo: str
    root: str
    workplans: int = 0
    tasks: int = 0
    outcomes: dict[str, tuple[str, Outcome]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    sent: Mapping[str, Any] | None = None
    written: list[str] = field(default_factory=list)

    @property
    def conflicts(self) -> int:
        """How many values both sides changed."""
        return sum(len(outcome.conflicts) for _, outcome in self.outcomes.values())

    @property
    def changes(self) -> int:
        """How many values go, or went, to either side."""
        return sum(len(outcome.changes) for _, outcome in self.outcomes.values()) + len(self.archived)

    @property
    def differs(self) -> bool:
        """Whether a sync would write anything."""
        return any(outcome.sends or outcome.writes for _, outcome in self.outcomes.values()) or bool(self.archived)

    @property
    def is_clean(self) -> bool:
        """Whether both sides were the same, and nothing is to be told."""
        return not (self.changes or self.differs or self.findings or self.conflicts or self.sent or self.written)

    @property
    def failed(self) -> bool:
        """Whether something is wrong with a file."""
        return any(finding.severity == "error" for finding in self.findings)
