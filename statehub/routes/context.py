"""`/state/context`: the briefing for an agent that starts work in a repository."""

from starlette.requests import Request
from starlette.responses import Response

from statehub.briefing import make_briefing, nearest
from statehub.errors import NotFound
from statehub.filters import ContextQuery
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of

MEDIA = "text/markdown"


async def get_context(request: Request) -> Response:
    """Markdown, at most `budget` characters."""
    query = query_of(request, ContextQuery)
    try:
        found = await store_of(request).get_briefing(query.repo)
    except NotFound as error:
        near = nearest(query.repo or "", await store_of(request).list_slugs())
        raise NotFound(f"{error.detail}; the nearest: {', '.join(near)}" if near else error.detail) from None
    text = make_briefing(found, query.budget)
    return Response(text, media_type=MEDIA, headers={"Cache-Control": "no-store"})


operations = [
    Operation(
        "GET", "/state/context", get_context, "get_context", "The briefing for an agent that starts work",
        {200: Answer(str, "Markdown of at most `budget` characters", media=MEDIA)}, "state",
        query=ContextQuery, errors=(404,),
    ),
]  # fmt: skip
