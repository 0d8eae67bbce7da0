"""From SQLSTATE to our errors.

The functions in `sql/` raise class SH, whose last digits are the HTTP status.
A constraint that a user can hit has a name, and a comment `field: message`,
which is what they read. What has many problems tells them in its detail, as
JSON: {pointer, detail} each.
"""

import json
import re
from typing import Any

import asyncpg

from statehub.documents import pointer
from statehub.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    StateHubError,
    Unavailable,
)
from statehub.queries import queries

_OURS: dict[str, type[StateHubError]] = {
    "SH404": NotFound,
    "SH409": Conflict,
    "SH412": PreconditionFailed,
    "SH422": Invalid,
}
# 08 connection, 53 resources, 57 intervention (shutdown, cancelled by timeout), 58 system, 25006 read-only (a standby)
_AWAY = ("08", "53", "57", "58", "25006", "55000", "55P03")
_REPEAT = ("40001", "40P01")
COMMENT_TIMEOUT_S = 5.0


class Repeat(Exception):
    """The transaction lost against another one: do it again."""


class Translated:
    """Within: every error of PostgreSQL or of the way there becomes one of ours, or Repeat."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def __aenter__(self) -> None:
        """Nothing to begin."""

    async def __aexit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        match error:
            case asyncpg.exceptions.InvalidCachedStatementError():
                raise Repeat from error
            case asyncpg.PostgresError():
                raise await _ours(error, self.pool) from error
            case OSError() | TimeoutError() | asyncpg.InterfaceError() | asyncpg.InternalClientError():
                raise Unavailable("the database is away; try again in a moment") from error


async def _ours(error: Any, pool: asyncpg.Pool) -> Exception:
    ours = await _mapped(error, pool)
    # of many documents, the hint tells which one
    if isinstance(ours, StateHubError) and (error.hint or "").isdigit():
        at = int(error.hint)
        errors = ours.extra.get("errors") or [{"pointer": "", "detail": ours.detail}]
        ours.extra["errors"] = [{**e, "pointer": pointer(at) + e["pointer"]} for e in errors]
        ours.detail = f"item {at}: {ours.detail}"
    return ours


async def _mapped(error: Any, pool: asyncpg.Pool) -> Exception:
    state = error.sqlstate or ""
    said = error.message  # str(error) has the hint in it, which is for us
    if state in _REPEAT:
        return Repeat()
    if known := _OURS.get(state):
        if error.column_name:
            return known(said, errors=[{"pointer": pointer(error.column_name), "detail": said}])
        return known(said, **({"errors": json.loads(error.detail)} if error.detail else {}))
    if state.startswith(_AWAY):
        return Unavailable("the database is away or busy; try again in a moment")
    if state.startswith("28") or state in ("3D000", "3F000", "42P01", "42883", "22023"):
        return Unavailable("the database is not ready for this version; run: custodian migrate")
    if state == "42501":
        return Forbidden("the hub's role may not do this: rows are archived or cancelled, never deleted")
    if state.startswith("23"):
        return await _broken_constraint(error, pool)
    if state.startswith("22"):
        return Invalid("a value does not fit its column", errors=[])
    if state.startswith("54"):  # a limit of PostgreSQL's own: of an index, of a tsvector, of depth
        return Invalid("a value is too large or too deep for the database", errors=[])
    bug: Exception = error
    return bug


async def _broken_constraint(error: Any, pool: asyncpg.Pool) -> StateHubError:
    name = error.constraint_name or error.column_name or ""
    async with Translated(pool), pool.acquire(timeout=COMMENT_TIMEOUT_S) as connection:
        comment = await connection.fetchval(queries()["get_constraint_message"], name)
    if error.sqlstate == "23502":
        return _invalid(error.column_name or "", "must not be null")
    # a rule that a trigger gives has no comment, and says itself what it is about
    said = error.message if re.match(r"[a-z_]+: ", error.message) else f"{name}: breaks the rule of that name"
    field, _, message = (comment or said).partition(": ")
    if error.sqlstate == "23505":
        return Conflict(f"{field} {message}", errors=[{"pointer": pointer(field), "detail": message}])
    return _invalid(field, message)


def _invalid(field: str, message: Any) -> Invalid:
    return Invalid(f"{field} {message}", errors=[{"pointer": pointer(field), "detail": str(message)}])
