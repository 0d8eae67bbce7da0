"""What a task or a workplan waits for: list, add, take back."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.routes import respond
from statehub.routes.operation import IDEMPOTENCY_KEY, WRITTEN, Answer, Handler, Operation
from statehub.routes.request import document_of, query_of, store_of, writer_of


def _list(kind: str) -> Handler:
    async def list_dependencies(request: Request) -> Response:
        query_of(request, filters.Query)
        return respond.json_text(await store_of(request).list_dependencies(kind, request.path_params["name"]))

    return list_dependencies


def _add(kind: str) -> Handler:
    async def add_dependency(request: Request) -> Response:
        query_of(request, filters.Query)
        document = await document_of(request, models.Dependency)
        by = await writer_of(request, document)
        name = request.path_params["name"]
        result = await store_of(request).add_dependency(kind, name, document.depends_on, by)
        return respond.written(result, respond.location(kind, result), created=True)

    return add_dependency


def _remove(kind: str) -> Handler:
    async def remove_dependency(request: Request) -> Response:
        query_of(request, filters.Query)
        by, names = await writer_of(request), request.path_params
        result = await store_of(request).remove_dependency(kind, names["name"], names["needed"], by)
        return respond.written(result, respond.location(kind, result), created=False)

    return remove_dependency


def _operations_of(kind: str, noun: str, row: type) -> Iterator[Operation]:
    collection = f"/{kind}/{{name}}/dependencies"
    waits = Answer(row, "the row that waits", headers=WRITTEN)
    yield Operation(
        "GET", collection, _list(kind), f"list_{noun}_dependencies", f"What a {noun} waits for, and what waits for it",
        {200: Answer(answers.Dependencies)}, kind, errors=(404,),
    )  # fmt: skip
    yield Operation(
        "POST", collection, _add(kind), f"add_{noun}_dependency", f"Make a {noun} wait for another one", {201: waits},
        kind, body=models.Dependency, errors=(404, 409), headers=(IDEMPOTENCY_KEY,),
    )  # fmt: skip
    yield Operation(
        "DELETE", collection + "/{needed}", _remove(kind), f"remove_{noun}_dependency", "Take a dependency back",
        {200: waits}, kind, errors=(404,), headers=(IDEMPOTENCY_KEY,),
    )  # fmt: skip


operations: list[Operation] = [
    *_operations_of("tasks", "task", answers.Task),
    *_operations_of("workplans", "workplan", answers.Workplan),
]
