"""One function a named query; a PostgreSQL error becomes one of ours.

Postgres builds the JSON: rows come back as text, and go out as they are.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg

from statehub import sqlstates
from statehub.cache import Snapshot
from statehub.documents import dump
from statehub.errors import Gone, NotFound, Unavailable
from statehub.queries import queries
from statehub.tokens import Cut, Token

T = TypeVar("T")
_jitter = random.Random()  # noqa: S311  (one of its own: the process's may be seeded by others)
STATEMENT_TIMEOUT_S = 10
ACQUIRE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
TRIES = 3
EXPORT_SCHEMA = "statehub/export/1"
EXPORT_BATCH = 500
EXPORT_LIMIT_S = 600.0


@dataclass(frozen=True)
class Once:
    """An Idempotency-Key, and the fingerprint of the request that it came with."""

    key: str
    fingerprint: str


@dataclass(frozen=True)
class Writer:
    """Who writes: name, kind (human, agent, system), and the key under which this write is done once."""

    author: str
    kind: str
    once: Once | None = None


@dataclass(frozen=True)
class Written:
    """A written row as JSON, its version (none for an event), short name, the token that includes the write; and for a
    write that may do either, whether it made the row."""

    body: bytes
    version: int | None
    name: str | None
    token: str
    created: bool = False


class ClaimScope(NamedTuple):
    """Which tasks a claim is about; None is all."""

    repo: str | None = None
    workplan: str | None = None
    domain: str | None = None
    tags: tuple[str, ...] | None = None
    max_priority: int | None = None


@dataclass(frozen=True)
class Rules:
    """How long a lease is, in seconds (None: as before), and how many an agent may have (None: any number)."""

    lease_s: float | None
    limit: int | None


class _Nothing(Exception):
    """Nothing was written, so nothing is kept for an Idempotency-Key either."""


async def _as_it_is(_connection: object) -> None:
    """Leave a connection as it is."""


def create_pool(url: str, size: int = 10) -> asyncpg.Pool:
    """The app's pool: every connection is `statehub_api` from its first statement. Connects when first used."""
    return asyncpg.create_pool(
        url,
        min_size=0,
        # nothing of ours outlives its transaction, so a released connection needs no round trip to be reset
        reset=_as_it_is,
        max_size=size,
        timeout=ACQUIRE_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S + 1,
        server_settings={
            "role": "statehub_api",
            "search_path": "statehub",
            "timezone": "UTC",
            "jit": "off",
            "application_name": "statehub api",
            "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        },
    )


@dataclass(frozen=True)
class Store:
    """The database as the app sees it. Every function raises Unavailable when it cannot be reached."""

    pool: asyncpg.Pool
    summary_limit: int = 200

    async def close(self) -> None:
        """Close the pool; connections that do not answer are cut."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self.pool.terminate()

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

    async def claim_task(
        self, agent: str, task: str | None, scope: ClaimScope, rules: Rules, by: Writer
    ) -> Written | None:
        """Claim a ready task, the one that is named or the next in `scope`; None when nothing is ready."""
        try:
            return await self._write("claim_task", by, agent, task, *scope, rules.lease_s, rules.limit)
        except _Nothing:
            return None

    async def heartbeat_task(self, name: str, agent: str, claim_seq: int, rules: Rules) -> str:
        """Renew a lease; {task, claim_seq, lease_expires_at} as JSON text."""

        async def attempt() -> str:
            async with self._connection() as connection:
                args = (name, agent, claim_seq, rules.lease_s, rules.limit)
                return str(await connection.fetchval(queries()["heartbeat_task"], *args))

        return await self._again_if_others_were_first(attempt)

    async def release_task(
        self, name: str, agent: str, claim_seq: int | None, reason: str | None, force: bool, by: Writer
    ) -> Written:
        """Give a task back; by force without a number."""
        return await self._write("release_task", by, agent, name, claim_seq, reason, force)

    async def complete_task(self, name: str, agent: str, claim_seq: int, summary: str | None, by: Writer) -> Written:
        """Finish a task under its claim; the body is {task, unblocked}."""
        return await self._write("complete_task", by, agent, name, claim_seq, summary)

    async def why_task(self, name: str) -> str:
        """Why a task is ready or is not, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["why_task"], name))

    async def list_ready(self, agent: str | None, scope: ClaimScope, limit: int) -> str:
        """What would be handed out, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_ready"], agent, *scope, limit))

    async def list_claims(self, agent: str | None, repo: str | None, limit: int) -> str:
        """Who holds what, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_claims"], agent, repo, limit))

    async def get_next_chance(self, agent: str | None, scope: ClaimScope) -> tuple[bool, float | None]:
        """Whether something is ready, and the seconds until the next lease runs out, if any runs."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["get_next_chance"], agent, *scope)
            return row["is_ready"], row["lease_ends_s"]

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

    async def import_plans(self, doc: str, by: Writer) -> Written:
        """Import a whole JSON document in one transaction; the body is the table of what happened."""
        return await self._write("import_plans", by, doc, timeout=300)

    async def list_plans(self, name: str) -> str:
        """A repository's plans as a sync reads them, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_plans"], name))

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

    async def _write(self, query: str, by: Writer, *args: Any, timeout: float | None = None) -> Written:
        async def attempt() -> Written:
            async with self._connection() as connection:
                write = (queries()[query], by.author, by.kind, *args)
                if not (timeout or by.once):  # one statement is a transaction of its own: one round trip
                    return _written(await connection.fetchrow(*write))
                async with connection.transaction():
                    if timeout:
                        await connection.execute(f"set local statement_timeout = '{timeout:.0f}s'")
                    return await _once(connection, by, write, timeout and timeout + 1)

        return await self._again_if_others_were_first(attempt)

    async def _again_if_others_were_first(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat what PostgreSQL asks to repeat: a serialization failure, a deadlock, a void plan."""
        for left in range(TRIES - 1, -1, -1):
            try:
                return await attempt()
            except sqlstates.Repeat as error:
                if not left:
                    raise Unavailable("too many writers at once; try again") from error
                await asyncio.sleep(_jitter.uniform(0, 0.05))
        raise AssertionError

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        async with sqlstates.Translated(self.pool):
            async with asyncio.timeout(ACQUIRE_TIMEOUT_S):  # the pool's own timeout costs a task each time
                connection = await self.pool.acquire()
            try:
                yield connection
            finally:
                await self.pool.release(connection)


def _written(row: asyncpg.Record | None) -> Written:
    if row is None:
        raise _Nothing
    token = Token(row["epoch"], row["core"], row["progress"], Cut.parse(row["snapshot"]), row["xid"])
    return Written(row["body"].encode(), row["version"], row["short_name"], str(token), bool(row.get("created")))


async def _once(connection: Any, by: Writer, write: tuple[Any, ...], timeout: float | None) -> Written:
    """Write, unless the same key has been answered; the answer is kept in the same transaction."""
    if by.once is None:
        return _written(await connection.fetchrow(*write, timeout=timeout))
    former = await connection.fetchrow(queries()["begin_once"], by.author, by.once.key, by.once.fingerprint)
    if former is not None:
        return Written(
            former["body"].encode(), former["version"], former["short_name"], former["token"], bool(former["created"])
        )
    done = _written(await connection.fetchrow(*write, timeout=timeout))
    answer = (done.body.decode(), done.version, done.name, done.token, done.created)
    await connection.execute(queries()["finish_once"], by.author, by.once.key, *answer)
    return done
