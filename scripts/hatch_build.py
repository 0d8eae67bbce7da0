"""What a wheel carries beside the package: the files behind /docs, which npm fetched. A checkout has them in place."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "dashboard/node_modules/swagger-ui-dist"
FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE")


class Pages(BuildHookInterface[Any]):
    """Adds them; a wheel without them is not built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if version == "editable":
            return
        for name in FILES:
            path = Path(self.root) / FOLDER / name
            if not path.is_file():
                raise FileNotFoundError(f"{FOLDER}/{name} is missing; run: make dashboard-install")
            build_data["force_include"][str(path)] = f"statehub/_swagger_ui/{name}"
