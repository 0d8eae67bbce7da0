"""What a loader bakes into the build: {"at": time, "documents": {name: document}}, both null where no hub answers.

They are null for a hub without repositories, too: else pages that are built against an empty hub, as those of a wheel
are, would tell everybody for a moment that there is nothing to do.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from statehub import calls
from statehub.cli.connect import token_for
from statehub.client import Client
from statehub.errors import Unavailable
from statehub.settings import Settings


def bake(documents: Callable[[Client], dict[str, Any]]) -> None:
    """Print what `documents` reads from the hub that STATEHUB_API_URL names, and from no other one that runs."""
    found: dict[str, Any] = {"at": None, "documents": None}
    if url := os.environ.get("STATEHUB_API_URL"):
        try:
            with Client(url, token=token_for(Settings.load(), url)) as client:
                if client.do(calls.repos.list(limit=1))["items"]:
                    found = {"at": datetime.now(UTC).isoformat(), "documents": documents(client)}
        except Unavailable as error:
            print(f"no hub answers, so nothing is baked in: {error}", file=sys.stderr)
    json.dump(found, sys.stdout)
