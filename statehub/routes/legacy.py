"""`/legacy-meter`: interfaces that have a successor, who still uses them, and whether they may be retired."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.routes import respond
from statehub.routes.metering import caller_of
from statehub.routes.operation import IDEMPOTENCY_KEY, WRITTEN, Answer, Operation
from statehub.routes.request import document_of, query_of, store_of, writer_of

PATH = "/legacy-meter"


async def review_legacy(request: Request) -> Response:
    query_of(request, filters.Query)
    return respond.json_text(await store_of(request).review_legacy())


async def register_interface(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.LegacyInterface)
    result = await store_of(request).register_interface(document.columns(), await writer_of(request, document))
    return respond.written(result, PATH, created=result.created)


async def record_use(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.LegacyUse)
    by = await writer_of(request, document)
    result = await store_of(request).record_use(document.columns(), caller_of(request), by)
    return respond.written(result, PATH, created=True)


operations = [
    Operation(
        "GET", PATH, review_legacy, "review_legacy", "Who still uses legacy interfaces, and which may be retired",
        {200: Answer(answers.Items[answers.LegacyInterface])}, "legacy",
    ),
    Operation(
        "POST", PATH + "/interfaces", register_interface, "register_interface",
        "Register a legacy interface, or change its successor, sunset, days",
        {
            200: Answer(answers.LegacyInterface, "changed, or the same already", headers=WRITTEN),
            201: Answer(answers.LegacyInterface, "registered", headers=WRITTEN),
        },
        "legacy", body=models.LegacyInterface, headers=(IDEMPOTENCY_KEY,),
    ),
    Operation(
        "POST", PATH + "/uses", record_use, "record_use", "Record a use of a legacy interface",
        {201: Answer(answers.LegacyUse, "the caller's uses today", headers=("Location", "X-StateHub-Revision"))},
        "legacy", body=models.LegacyUse, headers=(IDEMPOTENCY_KEY,),
    ),
]  # fmt: skip
