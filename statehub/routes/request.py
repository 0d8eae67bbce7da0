"""What every handler reads from a request: query, body, author, version, the store; and whether its client is there."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from statehub import authors
from statehub.documents import parse, pointer
from statehub.errors import Invalid, Malformed
from statehub.filters import Query
from statehub.models import Document
from statehub.store import Once, Store, Writer

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q", bound=Query)

AUTHOR = "x-statehub-author"
AUTHOR_KIND = "x-statehub-author-kind"
AUTHOR_KINDS = ("human", "agent", "system")
ANONYMOUS = "anonymous"
IDEMPOTENCY_KEY = "idempotency-key"
LONGEST_KEY = 255
# parsing more than this would hold up everybody else's requests
MOST_AT_ONCE_BYTES = 100_000


def store_of(request: Request) -> Store:
    """The app's store."""
    store: Store = request.state.store
    return store


def query_of(request: Request, model: type[Q]) -> Q:
    """The query parameters, validated. Raises Malformed, naming what there is."""
    given = request.scope["query_string"]
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items() if given else ():
        if name not in model.model_fields:
            known = ", ".join(model.model_fields) or "none"
            raise Malformed(f"{name[:100]} is unknown here; {request.url.path} takes {known}")
        if "\0" in value:
            raise Malformed(f"{name} has a NUL in it")
        if get_origin(model.model_fields[name].annotation) is list:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Malformed(f"{name} stands twice; it takes one value")
        else:
            found[name] = value
    try:
        return model.model_validate(found)
    except ValidationError as error:
        told = (
            f"{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise Malformed("; ".join(dict.fromkeys(told))) from None


async def document_of(request: Request, model: type[M]) -> M:
    """The body, validated. Raises Malformed, or Invalid with a pointer for each problem."""
    body = await request.body()
    if len(body) > MOST_AT_ONCE_BYTES:
        return await asyncio.to_thread(_validated, body, lambda _document: model)
    return _validated(body, lambda _document: model)


async def one_or_many(request: Request, one: type[M], many: type[BaseModel]) -> M | list[M]:
    """The body: one document, or a list of them."""
    body = await request.body()
    found = await asyncio.to_thread(_validated, body, lambda document: many if isinstance(document, list) else one)
    return found.root if isinstance(found, many) else found  # type: ignore[attr-defined,return-value]


def _validated(body: bytes, choose: Callable[[Any], type[M]]) -> M:
    document = parse(body)
    try:
        return choose(document).model_validate(document)
    except ValidationError as error:
        errors = [
            {"pointer": pointer(*problem["loc"]), "detail": problem["msg"].removeprefix("Value error, ")}
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        summary = "; ".join(f"{e['pointer'].lstrip('/') or 'the document'}: {e['detail']}" for e in errors[:3])
        raise Invalid(summary, errors=errors) from None


async def writer_of(request: Request, document: Document | None = None) -> Writer:
    """Who writes, and the key under which this is done once."""
    author, kind = author_of(request, document)
    if (key := request.headers.get(IDEMPOTENCY_KEY)) is None:
        return Writer(author, kind)
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Malformed(f"Idempotency-Key takes 1 to {LONGEST_KEY} printable ASCII characters")
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body())
    return Writer(author, kind, Once(key, digest.hexdigest()))


def author_of(request: Request, document: Document | None = None) -> tuple[str, str]:
    """Name and kind of who writes: the token's, else the header's, else the body's, else anonymous."""
    sent = request.headers.get(AUTHOR)
    caller: str | None = getattr(request.state, "caller", None)
    author = authors.decoded(sent or "")
    if author is None:
        raise Malformed(f"{AUTHOR} takes at most {authors.LONGEST} printable characters, percent-encoded UTF-8")
    kind = request.headers.get(AUTHOR_KIND, (document and document.author_kind) or "agent")
    if kind not in AUTHOR_KINDS:
        raise Malformed(f"{AUTHOR_KIND} takes {', '.join(AUTHOR_KINDS)}")
    return caller or author or (document and document.author) or ANONYMOUS, kind


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` names; None without one, or with `*`."""
    sent = request.headers.get("if-match", "*").strip()
    if sent == "*":
        return None
    text = sent.removeprefix('"v').removesuffix('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10 and sent == f'"v{text}"'):
        raise Malformed('If-Match takes the ETag of the row, such as "v3"')
    return int(text)


async def unless_hung_up(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives; None when the client goes away before, and the work is cancelled."""
    working = asyncio.create_task(work)
    hanging = asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait({working, hanging}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, hanging):
            task.cancel()
        await asyncio.gather(working, hanging, return_exceptions=True)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
