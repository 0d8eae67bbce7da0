"""What a checkout knows of its last sync: the base of each plan, the commit, and which files need not be read again."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from statehub.repos import checkout, history
from statehub.repos.reconcile import Outcome, overlaid
from statehub.repos.survey import Survey


class Memory:
    """Of the checkout at `root`, kept at `place`; `epoch` is the hub's: of another one nothing is known."""

    def __init__(self, place: str, root: str, epoch: str) -> None:
        self.place, self.root, self.epoch = place, root, epoch
        self.commit = history.head(root)
        self.file = f"base-{''.join(filter(str.isalnum, epoch))}.json"
        known = checkout.load(place, self.file, root)
        self.known: dict[str, Any] = known if known.get("epoch") == epoch else {}
        self._partings: dict[str | None, str | None] = {}

    @property
    def bases(self) -> dict[str, Any]:
        """By code, in lower case."""
        return dict(self.known.get("plans") or {})

    def tasks_of(self, path: str) -> int:
        """How many tasks a file has that need not be read."""
        return int(self.known["settled"][path][3])

    def settled(self, files: Mapping[str, bytes], hub: Mapping[str, Any], barred: Iterable[str]) -> dict[str, str]:
        """Paths by code: what was found the same on both sides, and both sides still are as they were then."""
        found: dict[str, str] = {}
        for path, (content, code, row, _) in (self.known.get("settled") or {}).items():
            there = path in files and code in hub and code not in barred
            if there and content == _mark(files[path]) and row == _mark_of(hub[code]):
                found[code] = path
        return found

    def older(self, outcomes: Mapping[str, Outcome], survey: Survey, hub: Mapping[str, Any]) -> dict[str, Any]:
        """Bases for files that may be older than theirs: git says what was not changed here."""
        found: dict[str, Any] = {}
        if self.commit is None or self.known.get("commit") == self.commit:
            return found
        bases = self.bases
        for code, outcome in outcomes.items():
            row, (path, plan) = hub.get(code), survey.plans[code]
            changed = any(change.to == "hub" and change.name != "created" for change in outcome.changes)
            if row is None or not (changed or outcome.conflicts):
                continue
            base = bases.get(code, row["sync_base"])
            commit = self.known.get("commit") if code in bases else (base or {}).get("commit")
            if commit not in self._partings:
                self._partings[commit] = history.parting(self.root, commit) if commit else None
            if (parting := self._partings[commit]) and (then := history.as_it_was(self.root, parting, path, plan)):
                found[code] = history.unchanged(plan, then, base)
        return found

    def note_pulled(self, outcomes: Mapping[str, Outcome], hub: Mapping[str, Any]) -> None:
        """Before the hub is written: what the files took were the hub's values.

        Only the next run needs to know; this one goes on comparing with the files as they were.
        """
        plans = self.bases
        for code, outcome in outcomes.items():
            before = plans.get(code, hub[code]["sync_base"] if code in hub else None)
            if before is not None:
                plans[code] = overlaid(before, outcome.pulled)
        self._save(self.known.get("commit"), plans, {})

    def note_agreed(
        self, outcomes: Mapping[str, Outcome], survey: Survey, hub: Mapping[str, Any], read: Mapping[str, bytes],
        archived: Iterable[Mapping[str, Any]], told: set[str],
    ) -> None:  # fmt: skip
        """When all is done: what is the same on both sides. `told`: files that something was said about."""
        plans = self.bases
        kept = self.known.get("settled") or {}
        settled = {path: kept[path] for path in survey.settled.values()}
        for code, outcome in outcomes.items():
            plans[code] = overlaid(plans.get(code, hub[code]["sync_base"] if code in hub else None), outcome.agreed)
            path, plan = survey.plans[code]
            if outcome.is_settled and path not in told and code in hub:
                settled[path] = [_mark(read[path]), code, _mark_of(hub[code]), len(plan.items)]
        for row in archived:
            plans[row["code"].lower()] = row["sync_base"]
        self._save(self.commit, plans, settled)

    def _save(self, commit: str | None, plans: Any, settled: Any) -> None:
        new = {"epoch": self.epoch, "commit": commit, "plans": plans, "settled": settled}
        if any(self.known.get(name) != value for name, value in new.items()):
            checkout.save(self.place, self.file, self.root, new)


def _mark_of(row: Mapping[str, Any]) -> str:
    return _mark(json.dumps(row, ensure_ascii=False).encode())


def _mark(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
