"""What is read across kinds: search, the briefing, the export."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from statehub.documents import dump
from statehub.queries import queries
from statehub.store.base import Connected
from statehub.tokens import Cut, Token

EXPORT_SCHEMA = "statehub/export/1"
EXPORT_BATCH = 500
EXPORT_LIMIT_S = 600.0


@dataclass(frozen=True)
class ReadingQueries(Connected):
    """Reads of many kinds at once."""

    async def search(
        self, typed: str, kinds: Sequence[str], repos: list[str], statuses: list[str], limit: int, skip: int
    ) -> str:
        """Hits as JSON text: {"items": […], "more": bool}. An empty list is no filter."""
        args = (typed, kinds or None, repos or None, statuses or None, limit, skip)
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["search"], *args))

    async def get_briefing(self, repo: str | None) -> dict[str, Any]:
        """What an agent should know before it starts: of one repository, or of all."""
        async with self._connection() as connection:
            found: dict[str, Any] = json.loads(await connection.fetchval(queries()["get_briefing"], repo))
            return found

    async def get_event_volume(self, days: int, by: str) -> str:
        """Events a day, by author_kind or event_type, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["get_event_volume"], days, by))

    async def get_decision_velocity(self, weeks: int) -> str:
        """Decisions made a week, and how long they had waited, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["get_decision_velocity"], weeks))

    async def list_slugs(self) -> list[str]:
        """The slugs of the repositories, the newest 1,000."""
        async with self._connection() as connection:
            return [row["slug"] for row in await connection.fetch(queries()["list_slugs"])]

    async def export(self) -> AsyncGenerator[str]:
        """The hub as lines of JSON, from one snapshot; what is in memory is one batch."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            label = await connection.fetchrow(queries()["get_revisions"])
            if label["unflushed"]:
                await connection.execute(queries()["flush_snapshot"])
            token = Token(label["epoch"], label["core"], label["progress"], Cut.parse(label["snapshot"]))
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            counts = json.loads(await connection.fetchval(queries()["count_exported"], timeout=EXPORT_LIMIT_S))
            head = {
                "kind": "hub",
                "schema": EXPORT_SCHEMA,
                "revision": str(token),
                "exported_at": now,
                "counts": counts,
            }
            yield dump(head)
            rows = 0
            for kind in counts:
                async for row in connection.cursor(queries()[f"export_{kind}"], prefetch=EXPORT_BATCH):
                    rows += 1
                    yield row["line"]
            yield dump({"kind": "end", "rows": rows})
