"""What the page of decisions shows first: as asked() of components/decisions.js without a filter, and the velocity."""

from typing import Any

from baking import bake

from statehub import calls
from statehub.client import Client

MADE = 30


def documents(client: Client) -> dict[str, Any]:
    """The documents by name; lists as {"items", "complete"}."""
    pending = calls.decisions.list(status=["open", "escalated"], sort="due_at", limit=500)
    made = client.do(calls.decisions.list(status=["resolved", "superseded"], sort="-updated_at", limit=MADE))
    return {
        "pending": {"items": list(client.pages(pending)), "complete": True},
        "made": {"items": made["items"], "complete": made["next_cursor"] is None},
        "selected": None,
        "velocity": client.do(calls.get_decision_velocity(12)),
    }


bake(documents)
