"""Rows of every kind, by kind."""

from dataclasses import dataclass
from typing import Any

from statehub.documents import dump
from statehub.queries import queries
from statehub.store.base import Connected, Writer, Written


@dataclass(frozen=True)
class RowQueries(Connected):
    """Reads and writes of rows."""

    async def create_row(self, kind: str, doc: Any, by: Writer) -> Written:
        """Insert one row."""
        return await self._write("create_row", by, kind, dump(doc))

    async def create_rows(self, kind: str, docs: list[Any], by: Writer) -> Written:
        """Insert many rows, all or none; the body is {"items": […]}."""
        return await self._write("create_rows", by, kind, dump(docs), timeout=60)

    async def update_row(
        self, kind: str, name: str, doc: Any, version: int | None, by: Writer, claim_limit: int | None = None
    ) -> Written:
        """Change the columns that `doc` names; with a version, only a row that still has it.

        A task's `doc` may carry `claim_seq`, and `claim_limit` may keep its lease from being revived.
        """
        return await self._write("update_row", by, kind, name, dump(doc), version, claim_limit)

    async def resolve_decision(self, name: str, doc: Any, version: int | None, by: Writer) -> Written:
        """Answer a pending decision, once."""
        return await self._write("resolve_decision", by, name, dump(doc), version)

    async def classify_repo(self, name: str, doc: Any, version: int | None, by: Writer) -> Written:
        """Register a repository, or reclassify it; `created` tells which."""
        return await self._write("classify_repo", by, name, dump(doc), version)

    async def add_dependency(self, kind: str, name: str, needed: str, by: Writer) -> Written:
        """Make a task or workplan wait for another one; the body is the one that waits."""
        return await self._write("add_dependency", by, kind, name, needed)

    async def remove_dependency(self, kind: str, name: str, needed: str, by: Writer) -> Written:
        """Take a dependency back; the body is the row that waited."""
        return await self._write("remove_dependency", by, kind, name, needed)

    async def list_dependencies(self, kind: str, name: str) -> str:
        """What a row waits for, and what waits for it, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_dependencies"], kind, name))

    async def get_row(self, kind: str, name: str) -> tuple[bytes, int]:
        """A row as JSON, and its version."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["get_row"], kind, name)
            return row["body"].encode(), row["version"]

    async def list_rows(
        self, kind: str, filters: str, sort: str, fields: list[str] | None, after: str | None, limit: int
    ) -> str:
        """A page as JSON text: {"items": […], "next": key or null}. `filters`: column to values, as JSON."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_rows"], kind, filters, sort, fields, after, limit))
