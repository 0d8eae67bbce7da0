"""`POST /import`: another tool's file, in one transaction; the answer is the table of what happened."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statehub.documents import dump
from statehub.models import Import
from statehub.repos import beads
from statehub.routes.request import author_of, document_of, store_of

MAX_BODY_BYTES = 64 * 2**20


async def import_document(request: Request) -> Response:
    sent = await document_of(request, Import)
    plans = await asyncio.to_thread(lambda: dump(beads.read(sent.document, repo=sent.repo, domain=sent.domain)))
    author, _ = author_of(request)
    result = await store_of(request).import_plans(plans, author)
    return Response(result.body, headers={"X-StateHub-Revision": result.token}, media_type="application/json")


routes: list[BaseRoute] = [Route("/import", import_document, methods=["POST"])]
