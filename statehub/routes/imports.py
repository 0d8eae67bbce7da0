"""`POST /import`: another tool's file, in one transaction; the answer is the table of what happened."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters
from statehub.documents import dump
from statehub.models import Import
from statehub.repos import beads
from statehub.routes.operation import IDEMPOTENCY_KEY, Answer, Operation
from statehub.routes.request import document_of, query_of, store_of, writer_of
from statehub.routes.respond import json_text

MAX_BODY_BYTES = 64 * 2**20


async def import_document(request: Request) -> Response:
    query_of(request, filters.Query)
    sent = await document_of(request, Import)
    plans = await asyncio.to_thread(lambda: dump(beads.read(sent.document, repo=sent.repo, domain=sent.domain)))
    result = await store_of(request).import_plans(plans, await writer_of(request, sent))
    return json_text(result.body, **{"X-StateHub-Revision": result.token})


operations = [
    Operation(
        "POST", "/import", import_document, "import_document", "Import what another tool kept, in one transaction",
        {200: Answer(answers.ImportResult, "what happened to each kind of row", headers=("X-StateHub-Revision",))},
        "import", body=Import, errors=(413,), headers=(IDEMPOTENCY_KEY,),
    ),
]  # fmt: skip
