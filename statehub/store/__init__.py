"""One function a named query; a PostgreSQL error becomes one of ours.

Postgres builds the JSON: rows come back as text, and go out as they are.
"""

from dataclasses import dataclass

from statehub.store.base import Once, Writer, Written, create_pool
from statehub.store.claims import ClaimQueries, ClaimScope, Rules
from statehub.store.plans import PlanQueries
from statehub.store.reading import ReadingQueries
from statehub.store.rows import RowQueries
from statehub.store.state import StateQueries

__all__ = ["ClaimScope", "Once", "Rules", "Store", "Writer", "Written", "create_pool"]


@dataclass(frozen=True)
class Store(StateQueries, ReadingQueries, RowQueries, ClaimQueries, PlanQueries):
    """Every question to the database."""
