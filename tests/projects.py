"""Directories of projects that are to be registered, and a hub to register them with."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commands import Custodian
from tests.running import Hub

CLASSIFICATION = """\
schema: repo-classification/v1.0
slug: {slug}
name: Some Project
category: tooling
domain: {domain}
capability_tags: [mcp, "a b"]
business_stake: []
"""


@dataclass(frozen=True)
class World:
    """A hub, a command line with a home of its own, and a directory for projects."""

    hub: Hub
    custodian: Custodian
    place: Path

    def project(self, name: str, **files: str) -> Path:
        """A new project; in names of files `__` is a dot."""
        root = self.place / name
        root.mkdir()
        for file, text in files.items():
            (root / file.replace("__", ".")).write_text(text)
        return root

    def domain(self, slug: str, name: str = "A domain") -> str:
        """A domain that nobody else has."""
        self.hub.execute("insert into domains (slug, name) values (%s, %s) on conflict do nothing", slug, name)
        return slug

    def topics(self, domain: str) -> list[Any]:
        return list(self.hub.get(f"/topics/?status=active&domain={domain}").json["items"])

    def repo(self, slug: str) -> Any:
        return self.hub.get(f"/repos/{slug}").json

    def milestones(self, slug: str) -> list[Any]:
        return list(self.hub.get(f"/progress?repo={slug}&event_type=milestone").json["items"])

    def revision(self) -> dict[str, int]:
        """Of the whole hub; equal: nothing was written."""
        found = self.hub.get("/state/summary?refresh=true").json["revision"]
        return {name: number for name, number in found.items() if name != "token"}


def files_of(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file, its content and mode."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            content = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(root))] = (content, path.lstat().st_mode)
    return found
