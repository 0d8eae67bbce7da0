"""A repository with workplans, registered in a hub of the test, and its sync in this process."""

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statehub.cli.sync_outcome import Report, Wish
from statehub.cli.sync_run import Sync
from statehub.client import Client
from tests.running import Hub

_NUMBERS = itertools.count(1)
PLAN = """\
---
id: {code}
title: Measure
status: active
---
Why.

## Tasks
- [ ] T01 First
- [/] T02 Second @bo (depends: T01)
- [x] T03 Third (P1)
"""


@dataclass
class Checkout:
    """The slug names it in the hub; its plan is `<SLUG>-WP-1` unless a test makes others."""

    hub: Hub
    root: Path
    slug: str

    @classmethod
    def made(cls, hub: Hub, place: Path, text: str | None = PLAN) -> "Checkout":
        """A new one; with a plan, unless the text is None."""
        slug = f"checkout-{next(_NUMBERS)}"  # of no other test on the same hub
        found = cls(hub, place / slug, slug)
        found.root.mkdir()
        answer = hub.post("/repos", {"slug": slug, "name": "Repo", "domain": "infotech", "path": str(found.root)})
        assert answer.status == 201, answer.body
        if text is not None:
            found.write(text.format(code=found.code))
        return found

    @property
    def code(self) -> str:
        return f"{self.slug.upper()}-WP-1"

    def path(self, name: str = "plan.md") -> Path:
        return self.root / "workplans" / name

    def write(self, text: str, name: str = "plan.md") -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8", newline="")

    def edit(self, old: str, new: str, name: str = "plan.md") -> None:
        """Exactly once."""
        text = self.text(name)
        assert text.count(old) == 1, (old, text)
        self.write(text.replace(old, new), name)

    def text(self, name: str = "plan.md") -> str:
        return self.path(name).read_bytes().decode()

    def sync(self, **wish: Any) -> Report:
        with Client(self.hub.url, author="sync") as client:
            return Sync(client, self.slug, str(self.root), Wish(**wish)).run()

    def synced(self, **wish: Any) -> Report:
        """Without a conflict or a problem; and again, nothing happens."""
        report = self.sync(**wish)
        assert not report.conflicts
        assert not report.failed, report.findings
        self.is_settled()
        return report

    def is_settled(self) -> None:
        """A sync changes nothing, on neither side, not even a revision."""
        before, files = self.hub_side(), self.files()
        again = self.sync()
        assert (again.sent, again.written) == (None, [])
        assert (self.hub_side(), self.files()) == (before, files)

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted((self.root / "workplans").rglob("*")) if path.is_file()}

    def hub_side(self) -> Any:
        return self.hub.get(f"/repos/{self.slug}/sync").json

    def plan(self, code: str | None = None) -> Any:
        return next(p for p in self.hub_side()["workplans"] if p["code"] == (code or self.code))

    def tasks(self, code: str | None = None) -> dict[str, Any]:
        """By number, as T01."""
        return {task["code"].rsplit("-", 1)[-1]: task for task in self.plan(code)["tasks"]}

    def change(self, task: str, **columns: Any) -> None:
        """At the hub."""
        answer = self.hub.patch(f"/tasks/{self.code}-{task}", columns)
        assert answer.status == 200, answer.body

    def told(self, report: Report) -> list[str]:
        return [f"{finding.file}:{finding.line}: {finding.message}" for finding in report.findings]

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, *words], cwd=self.root, check=True, capture_output=True)
