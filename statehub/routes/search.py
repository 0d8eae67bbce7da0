"""`/state/search`: ranked hits of all kinds, each with the place that matched as plain parts."""

import hashlib
import re

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers
from statehub.documents import dump
from statehub.errors import Malformed
from statehub.filters import SearchQuery
from statehub.routes.lists import Cursor, link_to
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of
from statehub.routes.respond import json_text


async def search(request: Request) -> Response:
    """A page of hits. A rank has no key to go on from, and few are ranked: so the cursor is how many were shown."""
    query = query_of(request, SearchQuery)
    asked = [query.q, query.kind, query.repo, query.status]
    digest = hashlib.sha256(dump(asked).encode()).hexdigest()[:12]
    skip = _skip(Cursor.key_of(query.cursor, "search", digest)) if query.cursor else 0
    text = await store_of(request).search(query.q, query.kind, query.repo, query.status, query.limit, skip)
    items, _, more = text.rpartition(', "more" : ')
    cursor = str(Cursor("search", digest, f"[{skip + query.limit}]")) if more.startswith("true") else None
    body = f'{items},"next_cursor":{dump(cursor)}}}'
    return json_text(body, **({"Link": link_to(request, cursor)} if cursor else {}))


def _skip(key: str) -> int:
    if not (found := re.fullmatch(r"\[([0-9]{1,6})\]", key)):
        raise Malformed("this is no cursor of a search; take next_cursor from a page of it, or leave it out")
    return int(found[1])


operations = [
    Operation(
        "GET", "/state/search", search, "search", "Search the texts of all kinds, ranked",
        {200: Answer(answers.Page[answers.Hit], "a page of hits", headers=("Link",))}, "state", query=SearchQuery,
    ),
]  # fmt: skip
