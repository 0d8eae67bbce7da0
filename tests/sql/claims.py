"""Claims in a line each, and what is wrong with the claims of a database."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.sql.world import Connection, column


@dataclass(frozen=True)
class Claim:
    """What claim_task() answers."""

    id: UUID
    code: str
    claim_seq: int


def claim(connection: Connection, agent: str = "ann", **asked: Any) -> Claim | None:
    """Claim a task; None when nothing is ready."""
    named = "".join(f", {name} => %({name})s" for name in asked)
    row = connection.execute(
        f"select id, code, claim_seq from claim_task(%(agent)s{named})", {"agent": agent, **asked}
    ).fetchone()
    return Claim(*row) if row else None


def take(connection: Connection, agent: str = "ann", **asked: Any) -> Claim:
    """Claim a task; there must be one."""
    found = claim(connection, agent, **asked)
    assert found
    return found


def heartbeat(connection: Connection, held: Claim, agent: str = "ann", **asked: Any) -> None:
    """Renew a lease."""
    named = "".join(f", {name} => %({name})s" for name in asked)
    params = {"task": held.code, "agent": agent, "claim_seq": held.claim_seq, **asked}
    connection.execute(f"select heartbeat_task(%(task)s, %(agent)s, %(claim_seq)s{named})", params)


def release(connection: Connection, held: Claim, agent: str = "ann", reason: str | None = None) -> None:
    """Give a task back."""
    connection.execute("select release_task(%s, %s, %s, %s)", [held.code, agent, held.claim_seq, reason])


def complete(connection: Connection, held: Claim, agent: str = "ann", summary: str | None = None) -> list[str]:
    """Finish a task; the codes of those that became ready."""
    (unblocked,) = column(
        connection, "select unblocked from complete_task(%s, %s, %s, %s)", held.code, agent, held.claim_seq, summary
    )
    return list(unblocked)


def expire(connection: Connection, held: Claim) -> None:
    """The lease runs out."""
    connection.execute("update task_claims set lease_expires_at = clock_timestamp() where task = %s", [held.id])


def refused(match: str) -> Any:
    """Within: SH409, with these words."""
    return pytest.raises(psycopg.Error, match=match, check=lambda error: error.sqlstate == "SH409")


def claim_events(connection: Connection, code: str) -> list[dict[str, Any]]:
    """The events of a task but for its creation: type, summary, detail."""
    query = (
        "select e.event_type::text, e.summary, e.detail, e.author from progress_events as e"
        " inner join tasks as t on e.task = t.id where t.code = %s and e.event_type <> 'created' order by e.id"
    )
    return connection.cursor(row_factory=dict_row).execute(query, [code]).fetchall()
