"""Rows that are there before the run, so that what is made of chance can refer to something."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.running import Hub

NAMES = {
    "domain": "infotech",
    "repo": "fuzz",
    "topic": "fuzz",
    "workplan": "FUZZ-WP-0001",
    "task": "FUZZ-WP-0001-T01",
    "parent": "FUZZ-WP-0001-T01",
    "decision": "FUZZ-DEC-1",
    "superseded_by": "FUZZ-DEC-1",
}


def fill(hub: "Hub") -> None:
    """One row of each kind."""
    hub.created("/topics", slug="fuzz", title="Fuzz", domain="infotech")
    hub.created("/repos", slug="fuzz", name="Fuzz", domain="infotech")
    hub.created("/workplans", repo="fuzz", title="Fuzz", code="FUZZ-WP-0001")
    hub.created("/tasks", workplan="FUZZ-WP-0001", title="Fuzz", code="FUZZ-WP-0001-T01")
    hub.created("/decisions", workplan="FUZZ-WP-0001", title="Fuzz", code="FUZZ-DEC-1")
