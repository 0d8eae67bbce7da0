"""An operation: one method of one path. Routing and the OpenAPI document are made of it, so neither can forget one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

IF_MATCH, IDEMPOTENCY_KEY = "If-Match", "Idempotency-Key"
# what comes with the answer of a write
WRITTEN = ("Location", "ETag", "X-StateHub-Revision")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Answer:
    """What comes with a status: a type for JSON, `str` with another `media`, None for no body."""

    body: Any = None
    description: str = ""
    media: str = "application/json"
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """`name` is the operationId; `errors` are statuses beyond those that every operation may answer."""

    method: Method
    path: str
    handle: Handler | None  # none: it is answered before routing
    name: str
    summary: str
    answers: Mapping[int, Answer]
    tag: str
    body: Any = None
    query: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    legacy: bool = False
