"""What the page of progress shows first: the volume of 30 days. Its events are read when it is open."""

from typing import Any

from baking import bake

from statehub import calls
from statehub.client import Client


def documents(client: Client) -> dict[str, Any]:
    """The documents by name."""
    return {"volume": client.do(calls.get_event_volume(30))}


bake(documents)
