"""Whole repositories, and the legacy meter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from statehub.documents import dump
from statehub.errors import NotFound
from statehub.queries import queries
from statehub.store.base import Connected, Writer, Written


@dataclass(frozen=True)
class PlanQueries(Connected):
    """Imports, syncs, the legacy meter."""

    async def import_plans(self, doc: str, by: Writer) -> Written:
        """Import a whole JSON document in one transaction; the body is the table of what happened."""
        return await self._write("import_plans", by, doc, timeout=300)

    async def try_plans(self, doc: str, by: Writer) -> str:
        """What import_plans would answer, as JSON text; all of it is taken back."""

        async def attempt() -> str:
            async with self._connection() as connection:
                trial = connection.transaction()
                await trial.start()
                try:
                    await connection.execute("set local statement_timeout = '300s'")
                    write = (queries()["import_plans"], by.author, by.kind, doc)
                    return str((await connection.fetchrow(*write, timeout=301))["body"])
                finally:
                    await trial.rollback()

        return await self._again_if_others_were_first(attempt)

    async def import_hub(self, doc: str, by: Writer) -> Written:
        """Read an exported hub, {kind: [row]}, into this one. Raises Conflict where this one is not empty."""
        return await self._write("import_hub", by, doc, timeout=300)

    async def list_plans(self, name: str, known: str | None) -> tuple[str | None, str]:
        """A repository's plans as a sync reads them, as JSON text, None where the tag is known; and the tag."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["list_plans"], name, known)
            return row["body"], row["tag"]

    async def sync_plans(self, name: str, doc: Any, by: Writer) -> Written:
        """Write what a sync found, in one transaction. Raises Conflict with a pointer to each row that moved."""
        return await self._write("sync_plans", by, name, dump(doc), timeout=120)

    async def register_interface(self, doc: Any, by: Writer) -> Written:
        """Register a legacy interface, or change it; `created` tells which."""
        return await self._write("register_interface", by, dump(doc))

    async def record_use(self, doc: Any, caller: str, by: Writer) -> Written:
        """Count a use of a legacy interface; the body is the caller's uses today."""
        return await self._write("record_use", by, dump(doc), caller)

    async def count_use(self, kind: str, name: str, caller: str) -> datetime | None:
        """Count a use of a legacy interface; its sunset. Raises NotFound where none is registered under that name."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["count_use"], kind, name, caller)
        if row["name"] is None:
            raise NotFound(f"{name} is not registered; run: custodian seed")
        sunset: datetime | None = row["sunset_at"]
        return sunset

    async def review_legacy(self) -> str:
        """The legacy interfaces as reviewed, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["review_legacy"]))
