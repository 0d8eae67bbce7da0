"""`PUT /repos/{slug}/classification`: register a repository by what its file says, or reclassify it."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.errors import Invalid
from statehub.repos.classification import nearest
from statehub.routes import respond
from statehub.routes.operation import IDEMPOTENCY_KEY, IF_MATCH, WRITTEN, Answer, Operation
from statehub.routes.request import document_of, expected_version, query_of, store_of, writer_of
from statehub.vocabularies import DOMAINS


async def classify_repo(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Classify)
    by, version = await writer_of(request, document), expected_version(request)
    try:
        result = await store_of(request).classify_repo(request.path_params["name"], document.columns(), version, by)
    except Invalid as error:
        raise _with_the_nearest_domain(error, document.domain) from None
    return respond.written(result, respond.location("repos", result), created=result.created)


def _with_the_nearest_domain(error: Invalid, domain: str) -> Invalid:
    meant = nearest(domain, DOMAINS)
    for fault in error.extra.get("errors", []):
        if fault["pointer"] == "/domain" and meant:
            fault["detail"] += f"; did you mean {meant}?"
            error.detail += f"; did you mean {meant}?"
    return error


operations = [
    Operation(
        "PUT", "/repos/{name}/classification", classify_repo, "classify_repo",
        "Register a repository by its classification, or reclassify it",
        {
            200: Answer(answers.Repo, "changed, or the same already", headers=WRITTEN),
            201: Answer(answers.Repo, "registered", headers=WRITTEN),
        },
        "repos", body=models.Classify, errors=(409, 412), headers=(IF_MATCH, IDEMPOTENCY_KEY),
    ),
]  # fmt: skip
