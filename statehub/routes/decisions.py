"""`/decisions/{id}/resolve`: the answer to a pending decision."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.routes import respond
from statehub.routes.operation import IDEMPOTENCY_KEY, IF_MATCH, WRITTEN, Answer, Operation
from statehub.routes.request import document_of, expected_version, query_of, store_of, writer_of


async def resolve_decision(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Resolve)
    by = await writer_of(request, document)
    doc = {"decided_by": by.author} | {name: value for name, value in document.columns().items() if value is not None}
    version = expected_version(request)
    result = await store_of(request).resolve_decision(request.path_params["name"], doc, version, by)
    return respond.written(result, respond.location("decisions", result), created=False)


operations = [
    Operation(
        "POST", "/decisions/{name}/resolve", resolve_decision, "resolve_decision", "Answer a pending decision, once",
        {200: Answer(answers.Decision, "the decision, made", headers=WRITTEN)}, "decisions",
        body=models.Resolve, errors=(404, 409, 412), headers=(IF_MATCH, IDEMPOTENCY_KEY),
    ),
]  # fmt: skip
