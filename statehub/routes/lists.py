"""Lists: filters, order, fields, and keyset pages with an opaque cursor."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from statehub.documents import dump, parse
from statehub.errors import Invalid, Malformed
from statehub.filters import ListQuery
from statehub.routes.request import query_of, store_of
from statehub.routes.respond import json_text


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the list, its order, the key of the last row. Opaque to clients."""

    path: str
    sort: str
    key: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.path} {self.sort} {self.key}".encode()).decode().rstrip("=")

    @classmethod
    def key_of(cls, text: str, path: str, sort: str) -> str:
        """The key, where the cursor is of this list in this order."""
        try:
            found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            key = parse(found.removeprefix(f"{path} {sort} ").encode())
            if (
                not found.startswith(f"{path} {sort} [")
                or not key
                or not all(isinstance(part, str | int) for part in key)
            ):
                raise ValueError
        except (ValueError, Malformed, Invalid):
            raise Malformed(
                "this is no cursor of this list in this order; take next_cursor from a page of it, or leave it out"
            ) from None
        return dump(key)


async def page_of(request: Request, model: type[ListQuery]) -> Response:
    """The page that the query asks for: {"items", "next_cursor"}, and a Link to the next one."""
    query = query_of(request, model)
    sort: str = query.sort  # type: ignore[attr-defined]
    fields = _fields(query)
    after = Cursor.key_of(query.cursor, query.path, sort) if query.cursor is not None else None
    try:
        text = await store_of(request).list_rows(query.path, dump(query.filters()), sort, fields, after, query.limit)
    except Invalid:
        raise Malformed("the cursor is not of this list; take next_cursor from a page of it") from None
    items, _, key = text.rpartition(', "next" : ')
    key = key.removesuffix("}").strip()
    cursor = None if key == "null" else str(Cursor(query.path, sort, key))
    body = f'{items},"next_cursor":{dump(cursor)}}}'
    return json_text(body, **({"Link": link_to(request, cursor)} if cursor else {}))


def _fields(query: ListQuery) -> list[str] | None:
    if query.fields is None:
        return None
    fields = [field for field in query.fields.split(",") if field]
    known = query.columns()
    if unknown := sorted(set(fields) - set(known)):
        raise Malformed(f"fields has no {', '.join(unknown)[:200]}; /{query.path} has {', '.join(known)}")
    return fields or None


def link_to(request: Request, cursor: str) -> str:
    """The Link header that leads to the next page."""
    asked: list[tuple[str, Any]] = [(n, v) for n, v in request.query_params.multi_items() if n != "cursor"]
    return f'<{request.url.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'
