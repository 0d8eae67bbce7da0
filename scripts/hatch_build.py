"""What a wheel carries beside the package: the files behind /docs, which npm fetched, and the dashboard's pages."""

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "dashboard/node_modules/swagger-ui-dist"
FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE")
PAGES = "dashboard/dist"
MARK = "_built.json"  # by scripts/build_dashboard.py


class Pages(BuildHookInterface[Any]):
    """Adds them; a wheel without them, or with pages that have somebody's data in them, is not built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if version == "editable":
            return
        root = Path(self.root)
        for name in FILES:
            path = root / FOLDER / name
            if not path.is_file():
                raise FileNotFoundError(f"{FOLDER}/{name} is missing; run: make dashboard-install")
            build_data["force_include"][str(path)] = f"statehub/_swagger_ui/{name}"
        pages = root / PAGES
        if not (pages / "index.html").is_file():
            raise FileNotFoundError(f"{PAGES} is missing: the dashboard's pages; run: make dashboard-build")
        mark = pages / MARK
        if not mark.is_file() or json.loads(mark.read_text(encoding="utf-8")).get("hub") != "empty":
            raise ValueError(
                f"{PAGES} may have a hub's data in it; run: rm dashboard/built.stamp; make dashboard-build"
            )
        build_data["force_include"][str(pages)] = "statehub/_dashboard"
