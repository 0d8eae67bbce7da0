"""The state as a whole: the summary at one cut, revisions, health, changes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from statehub.cache import Snapshot
from statehub.errors import Gone
from statehub.queries import queries
from statehub.store.base import Connected
from statehub.tokens import Cut, Token


@dataclass(frozen=True)
class StateQueries(Connected):
    """What the cache, the feed and the probes ask."""

    async def get_summary(self, current: Snapshot | None) -> Snapshot:
        """The sections at one cut; those whose revision has not moved are taken over from `current`."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            label = await connection.fetchrow(queries()["get_revisions"])
            revisions = {"core": label["core"], "progress": label["progress"]}
            same_epoch = current is not None and current.epoch == label["epoch"]
            sections = {}
            for section, args in (("core", [self.summary_limit]), ("progress", [])):
                if current and same_epoch and current.revisions[section] == revisions[section]:
                    sections[section] = current.sections[section]
                else:
                    sections[section] = await connection.fetchval(queries()[f"get_{section}"], *args)
            if label["unflushed"]:
                await connection.execute(queries()["flush_snapshot"])
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Snapshot(label["epoch"], revisions, sections, label["snapshot"], now, json.loads(label["tables"]))

    async def get_revisions(self) -> asyncpg.Record:
        """epoch, core, progress, snapshot, pending (ledger rows not yet folded), tables."""
        async with self._connection() as connection:
            return await connection.fetchrow(queries()["get_revisions"])

    async def tend(self) -> None:
        """Fold the ledger and settle the queue."""
        async with self._connection() as connection:
            await connection.execute(queries()["tend"])

    async def renew_epoch(self) -> None:
        """Start a new epoch where the server, the database or its timeline is another one."""
        async with self._connection() as connection:
            await connection.execute(queries()["renew_epoch"])

    async def get_health(self) -> None:
        """Returns when the database answers."""
        async with self._connection() as connection:
            await connection.fetchval(queries()["get_health"], timeout=2)

    async def get_readiness(self) -> asyncpg.Record:
        """Migrations applied, code loaded, triggers that are off, and the revision of every table."""
        async with self._connection() as connection:
            return await connection.fetchrow(queries()["get_readiness"])

    async def list_changes(
        self, since: Token, upto: Token | None, after: tuple[int, int] | None, limit: int
    ) -> tuple[Token, str, tuple[int, int] | None]:
        """Events since a token: the next token, the page as JSON, and the key of its last row when there are more."""
        xid, last = after or (0, 0)
        own = None if since.xid is None else str(since.xid)
        args = (str(since.cut), own, upto and str(upto.cut), str(xid), last, limit)
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["list_changes"], *args)
            if upto is None:
                await connection.execute(queries()["flush_snapshot"])
        now = upto or Token(row["epoch"], row["core"], row["progress"], Cut.parse(row["snapshot"]))
        if row["epoch"] != since.epoch or row["epoch"] != now.epoch:
            raise Gone("the database was restored, or another one took over; start from /state/summary")
        return now, row["items"], (row["last_xid"], row["last_id"]) if row["more"] else None

    async def list_delta(self, before: Snapshot, after: Snapshot, most: int) -> list[asyncpg.Record] | None:
        """What filters look at in the events between two snapshots; None when there are more than `most`."""
        async with self._connection() as connection:
            rows = await connection.fetch(queries()["list_delta"], before.cut, after.cut, most + 1)
        return None if len(rows) > most else rows
