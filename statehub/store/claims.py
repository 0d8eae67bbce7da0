"""Claims."""

from dataclasses import dataclass
from typing import NamedTuple

from statehub.queries import queries
from statehub.store.base import Connected, Writer, Written, _Nothing


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


@dataclass(frozen=True)
class ClaimQueries(Connected):
    """Who works on what."""

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

    async def list_blocked(self, repo: str | None, workplan: str | None, after: str | None, limit: int) -> str:
        """What waits, each with the reason, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_blocked"], repo, workplan, after, limit))

    async def list_claims(self, agent: str | None, repo: str | None, limit: int) -> str:
        """Who holds what, as JSON text."""
        async with self._connection() as connection:
            return str(await connection.fetchval(queries()["list_claims"], agent, repo, limit))

    async def get_next_chance(self, agent: str | None, scope: ClaimScope) -> tuple[bool, float | None]:
        """Whether something is ready, and the seconds until the next lease runs out, if any runs."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries()["get_next_chance"], agent, *scope)
            return row["is_ready"], row["lease_ends_s"]
