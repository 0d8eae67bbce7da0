"""What every handler reads from a request: the body, the author, the version, the store."""

import asyncio
from typing import Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from statehub.documents import parse, pointer
from statehub.errors import Invalid, Malformed
from statehub.store import Store

M = TypeVar("M", bound=BaseModel)

AUTHOR = "x-statehub-author"
AUTHOR_KIND = "x-statehub-author-kind"
AUTHOR_KINDS = ("human", "agent", "system")
ANONYMOUS = "anonymous"
LONGEST_AUTHOR = 200
# parsing more than this would hold up everybody else's requests
MOST_AT_ONCE_BYTES = 100_000


def store_of(request: Request) -> Store:
    """The app's store."""
    store: Store = request.state.store
    return store


async def document_of(request: Request, model: type[M]) -> M:
    """The body, validated. Raises Malformed, or Invalid with a pointer for each problem."""
    body = await request.body()
    if len(body) > MOST_AT_ONCE_BYTES:
        return await asyncio.to_thread(_validated, body, model)
    return _validated(body, model)


def _validated(body: bytes, model: type[M]) -> M:
    document = parse(body)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        errors = [
            {"pointer": pointer(*problem["loc"]), "detail": problem["msg"]}
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        summary = "; ".join(f"{e['pointer'].lstrip('/') or 'the document'}: {e['detail']}" for e in errors[:3])
        raise Invalid(summary, errors=errors) from None


def author_of(request: Request, document: dict[str, Any] | None = None) -> tuple[str, str]:
    """Name and kind of who writes: the header, else the body's, else anonymous."""
    sent = request.headers.get(AUTHOR)
    try:
        author = unquote(sent, errors="strict").strip() if sent is not None else (document or {}).get("author")
    except UnicodeDecodeError:
        raise Malformed(f"{AUTHOR} must be percent-encoded UTF-8") from None
    kind = request.headers.get(AUTHOR_KIND) or (document or {}).get("author_kind") or "agent"
    if kind not in AUTHOR_KINDS:
        raise Malformed(f"{AUTHOR_KIND} takes {', '.join(AUTHOR_KINDS)}")
    author = author or ANONYMOUS
    if len(author) > LONGEST_AUTHOR or not author.isprintable():
        raise Malformed(f"the author takes at most {LONGEST_AUTHOR} printable characters")
    return author, kind


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` names; None without one, or with `*`."""
    sent = request.headers.get("if-match", "*").strip()
    if sent == "*":
        return None
    text = sent.removeprefix('"v').removesuffix('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10 and sent == f'"v{text}"'):
        raise Malformed('If-Match takes the ETag of the row, such as "v3"')
    return int(text)
