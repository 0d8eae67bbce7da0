"""`/repos/{slug}/sync`: a repository's plans as a sync reads them, and a batch of changes against that."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.routes.operation import IDEMPOTENCY_KEY, Answer, Operation
from statehub.routes.request import document_of, query_of, store_of, writer_of
from statehub.routes.respond import json_text

PATH = "/repos/{name}/sync"
MAX_BODY_BYTES = 64 * 2**20


async def list_plans(request: Request) -> Response:
    query_of(request, filters.Query)
    body, tag = await store_of(request).list_plans(request.path_params["name"], request.headers.get("If-None-Match"))
    if body is None:
        return Response(status_code=304, headers={"ETag": tag})
    return json_text(body, ETag=tag)


async def sync_plans(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Sync)
    by = await writer_of(request, document)
    result = await store_of(request).sync_plans(request.path_params["name"], document.columns(), by)
    return json_text(result.body, **{"X-StateHub-Revision": result.token})


operations = [
    Operation(
        "GET", PATH, list_plans, "list_plans", "The plans of a repository, as a sync reads them",
        {
            200: Answer(answers.Plans, headers=("ETag",)),
            304: Answer(None, "what If-None-Match named is current", headers=("ETag",)),
        },
        "repos", errors=(404,), headers=("If-None-Match",),
    ),
    Operation(
        "POST", PATH, sync_plans, "sync_plans", "Write what a sync found, against the versions it read",
        {200: Answer(answers.Synced, "codes and versions as they are now", headers=("X-StateHub-Revision",))},
        "repos", body=models.Sync, errors=(404, 409), headers=(IDEMPOTENCY_KEY,),
    ),
]  # fmt: skip
