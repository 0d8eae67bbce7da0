"""Lists: filters, fields, and keyset pages with an opaque cursor."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from statehub.documents import dump, parse
from statehub.errors import Invalid, Malformed
from statehub.routes.request import store_of
from statehub.routes.respond import json_text

DEFAULT_LIMIT = 50
MOST = 500


@dataclass(frozen=True)
class Page:
    """What a list was asked for."""

    kind: str
    filters: dict[str, list[str]]
    fields: list[str] | None
    after: str | None
    limit: int

    def respond(self, text: str) -> Response:
        """{"items", "next_cursor"} from the store's {"items", "next"}, and a Link to the next page."""
        items, key = _split(text)
        cursor = None if key == "null" else base64.urlsafe_b64encode(f"{self.kind}{key}".encode()).decode().rstrip("=")
        body = f"{items},{dump('next_cursor')}:{dump(cursor)}}}"
        return json_text(body, **({"Link": self._link(cursor)} if cursor else {}))

    def _link(self, cursor: str) -> str:
        query = [(name, value) for name, values in self.filters.items() for value in values]
        if self.fields:
            query.append(("fields", ",".join(self.fields)))
        query += [("limit", str(self.limit)), ("cursor", cursor)]
        return f'</{self.kind}?{urlencode(query)}>; rel="next"'


async def page_of(request: Request, kind: str) -> Page:
    """The page that the query asks for. Raises Malformed, naming what there is, for anything unknown."""
    columns = {row["name"]: row for row in await store_of(request).list_columns() if row["kind"] == kind}
    can_filter = [name for name, column in columns.items() if column["can_filter"]]
    filters: dict[str, list[str]] = {}
    once: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in can_filter:
            _check_value(name, value, columns[name])
            filters.setdefault(name, []).append(value)
        elif name in ("limit", "cursor", "fields") and name not in once:
            once[name] = value
        else:
            known = ", ".join([*can_filter, "fields", "limit", "cursor"])
            raise Malformed(f"{name} is unknown here, or stands twice; /{kind} takes {known}")
    fields = [field for field in once.get("fields", "").split(",") if field] or None
    if unknown := sorted(set(fields or ()) - set(columns)):
        raise Malformed(f"fields has no {', '.join(unknown)}; /{kind} has {', '.join(columns)}")
    return Page(kind, filters, fields, _key(once.get("cursor"), kind), _limit(once.get("limit", str(DEFAULT_LIMIT))))


def _check_value(name: str, value: str, column: Mapping[str, Any]) -> None:
    if (known := column["vocabulary"]) and value not in known:
        raise Malformed(f"{name} takes {', '.join(known)}")
    if column["type"] == "smallint" and not (value.isascii() and value.isdigit() and len(value) < 5):
        raise Malformed(f"{name} takes a small whole number")
    if "\0" in value:
        raise Malformed(f"{name} has a NUL in it")


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= MOST):
        raise Malformed(f"limit takes 1 to {MOST}")
    return int(text)


def _key(cursor: str | None, kind: str) -> str | None:
    """The key behind a cursor: its kind and a JSON list, as `respond` put them together."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        key = parse(text.removeprefix(kind).encode())
        if not text.startswith(f"{kind}[") or not key or not all(isinstance(part, str | int) for part in key):
            raise ValueError
    except (ValueError, Malformed, Invalid):
        raise Malformed("this is no cursor; take next_cursor from a page, or leave it out to start anew") from None
    return dump(key)


def _split(text: str) -> tuple[str, str]:
    """The store's page up to its items, and the key of its last row, without reading the rows."""
    items, _, key = text.rpartition(', "next" : ')
    return items, key.removesuffix("}").strip()
