"""`POST /import`: another tool's file, in one transaction; the answer is the table of what happened."""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters
from statehub.documents import dump
from statehub.errors import Conflict
from statehub.models import Import, ImportHub
from statehub.repos import backlog, beads, taskmaster
from statehub.repos.hub_export import HubExport, difference
from statehub.routes.operation import IDEMPOTENCY_KEY, Answer, Operation
from statehub.routes.request import document_of, query_of, store_of, writer_of
from statehub.routes.respond import json_text

MAX_BODY_BYTES = 64 * 2**20

log = logging.getLogger(__name__)


async def import_document(request: Request) -> Response:
    query_of(request, filters.Query)
    sent = await document_of(request, Import)
    plans, is_empty = await asyncio.to_thread(_plans, sent)
    by = await writer_of(request, sent)
    if sent.dry_run or is_empty:  # a file that is none of the tool's makes no repository
        return json_text(await store_of(request).try_plans(plans, by))
    result = await store_of(request).import_plans(plans, by)
    return json_text(result.body, **{"X-StateHub-Revision": result.token})


async def import_hub(request: Request) -> Response:
    query_of(request, filters.Query)
    sent = await document_of(request, ImportHub)
    export = await asyncio.to_thread(HubExport, sent.document)
    store, by = store_of(request), await writer_of(request, sent)
    try:
        result = await store.import_hub(await asyncio.to_thread(export.document), by)
    except Conflict as error:
        if (other := await difference(export, store.export())) is None:
            return json_text(dump({"created": False, "counts": export.counts()}))
        raise Conflict(
            f"{error.detail}; and it holds something else than the file: {other}. Nothing was changed"
        ) from None
    log.info("a hub of %d rows was read in by %s", len(export.rows), by.author)  # no event tells of it
    return json_text(result.body, **{"X-StateHub-Revision": result.token})


def _plans(sent: Import) -> tuple[str, bool]:
    """The document for `import_plans`, as JSON text; and whether it has no row."""
    if isinstance(sent.document, dict):
        plans = backlog.read(sent.document, repo=sent.repo, domain=sent.domain)
    else:
        read = beads.read if sent.format == "beads" else taskmaster.read
        plans = read(sent.document, repo=sent.repo, domain=sent.domain)
    return dump(plans), not any(plans[kind] for kind in ("workplans", "tasks", "decisions"))


operations = [
    Operation(
        "POST", "/import", import_document, "import_document", "Import what another tool kept, in one transaction",
        {200: Answer(answers.ImportResult, "what happened to each kind of row", headers=("X-StateHub-Revision",))},
        "import", body=Import, errors=(413,), headers=(IDEMPOTENCY_KEY,),
    ),
    Operation(
        "POST", "/import/hub", import_hub, "import_hub", "Read a whole exported hub into an empty one",
        {200: Answer(answers.HubImported, "read in, or here already", headers=("X-StateHub-Revision",))},
        "import", body=ImportHub, errors=(409, 413), headers=(IDEMPOTENCY_KEY,),
    ),
]  # fmt: skip
