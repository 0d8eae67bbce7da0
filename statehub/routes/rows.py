"""Topics, repos, workplans (and as workstreams), tasks, decisions, domains, progress: list, get, create, patch, end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.errors import Invalid
from statehub.routes import respond
from statehub.routes.lists import page_of
from statehub.routes.metering import HEADERS, metered, spoke_legacy
from statehub.routes.operation import IDEMPOTENCY_KEY, IF_MATCH, WRITTEN, Answer, Handler, Operation
from statehub.routes.request import (
    author_of,
    document_of,
    expected_version,
    one_or_many,
    query_of,
    store_of,
    writer_of,
)
from statehub.routes.respond import location
from statehub.store import Writer


@dataclass(frozen=True)
class Kind:
    """Rows of the API: what lists, creates and changes them, and the status that ends one."""

    noun: str
    listed: type[filters.ListQuery]
    create: type[models.Document] | None = None
    patch: type[models.Document] = models.Document
    end: str = ""
    many: type[models.TaskBulk | models.ProgressBulk] | None = None
    successor: str = ""  # of a legacy kind: the path of the same rows under today's words

    @property
    def path(self) -> str:
        return self.listed.path


VERBS = {"archived": "archive", "cancel": "cancel", "superseded": "supersede"}


KINDS = (
    Kind("domain", filters.DomainList),
    Kind("topic", filters.TopicList, models.TopicCreate, models.TopicPatch, "archived"),
    Kind("repo", filters.RepoList, models.RepoCreate, models.RepoPatch, "archived"),
    Kind("workplan", filters.WorkplanList, models.WorkplanCreate, models.WorkplanPatch, "archived"),
    Kind(
        "workstream",
        filters.WorkstreamList,
        models.WorkstreamCreate,
        models.WorkstreamPatch,
        "archived",
        successor="workplans",
    ),
    Kind("task", filters.TaskList, models.TaskCreate, models.TaskPatch, "cancel", models.TaskBulk),
    Kind("decision", filters.DecisionList, models.DecisionCreate, models.DecisionPatch, "superseded"),
    Kind("event", filters.ProgressList, models.ProgressAppend, many=models.ProgressBulk),
)


def _list(kind: Kind) -> Handler:
    async def list_rows(request: Request) -> Response:
        return await page_of(request, kind.listed)

    return list_rows


def _get(kind: Kind) -> Handler:
    async def get_row(request: Request) -> Response:
        query_of(request, filters.Query)
        body, version = await store_of(request).get_row(kind.path, request.path_params["name"])
        return respond.row(body, version)

    return get_row


def _create(kind: Kind, model: type[models.Document]) -> Handler:
    async def create_row(request: Request) -> Response:
        query_of(request, filters.Query)
        found = await one_or_many(request, model, kind.many) if kind.many else await document_of(request, model)
        documents = found if isinstance(found, list) else [found]
        if any(document.older_words for document in documents):
            spoke_legacy(request, "workstream_id in POST /tasks", "/tasks")
        rows, authors = [], set()
        for document in documents:
            author = author_of(request, document)
            row = document.columns()
            if kind.path == "progress":  # where the author is a column
                row |= {"author": author[0], "author_kind": author[1]}
            else:
                authors.add(author)
            rows.append(row)
        if len(authors) > 1:
            raise Invalid("the items name different authors; send one list for each")
        by = await writer_of(request, documents[0])
        if isinstance(found, list):
            return respond.written(await store_of(request).create_rows(kind.path, rows, by), None, created=True)
        result = await store_of(request).create_row(kind.path, rows[0], by)
        return respond.written(result, location(kind.path, result), created=True)

    return metered(create_row) if kind.path == "tasks" else create_row


def _patch(kind: Kind) -> Handler:
    async def update_row(request: Request) -> Response:
        query_of(request, filters.Query)
        document = await document_of(request, kind.patch)
        return await _update(request, kind, document.columns(), await writer_of(request, document))

    return update_row


def _end(kind: Kind) -> Handler:
    async def end_row(request: Request) -> Response:
        query_of(request, filters.Query)
        return await _update(request, kind, {"status": kind.end}, await writer_of(request))

    return end_row


async def _update(request: Request, kind: Kind, doc: dict[str, Any], by: Writer) -> Response:
    version = expected_version(request)
    limit: int | None = request.state.rules.limit
    result = await store_of(request).update_row(kind.path, request.path_params["name"], doc, version, by, limit)
    return respond.written(result, location(kind.path, result), created=False)


def _operations_of(kind: Kind) -> Iterator[Operation]:
    noun, path, row = kind.noun, kind.listed.path, kind.listed.row
    collection, member, tag = f"/{path}", f"/{path}/{{name}}", path
    page = Answer(answers.Page[row], "a page", headers=("Link",))  # type: ignore[valid-type]
    changed = {200: Answer(row, "the row as it is now", headers=WRITTEN)}
    yield Operation("GET", collection, _list(kind), f"list_{path}", f"List {path}", {200: page}, tag, query=kind.listed)
    yield Operation(
        "GET",
        member,
        _get(kind),
        f"get_{noun}",
        f"Get a {noun}",
        {200: Answer(row, headers=("ETag",))},
        tag,
        errors=(404,),
    )
    if kind.create:
        body: Any = kind.create | kind.many if kind.many else kind.create
        made = answers.Items[row] | row if kind.many else row  # type: ignore[valid-type]
        yield Operation(
            "POST", collection, _create(kind, kind.create), f"create_{noun}" if kind.end else "append_progress",
            f"Create a {noun}" if kind.end else "Append to the log",
            {201: Answer(made, "the new row; or all of them, where a list was sent", headers=WRITTEN)}, tag,
            body=body, errors=(409,) if kind.end else (), headers=(IDEMPOTENCY_KEY,),
        )  # fmt: skip
    if kind.end:
        guarded = (IF_MATCH, IDEMPOTENCY_KEY)
        yield Operation(
            "PATCH", member, _patch(kind), f"update_{noun}", f"Change a {noun}: the fields that are sent", changed, tag,
            body=kind.patch, errors=(404, 409, 412), headers=guarded,
        )  # fmt: skip
        yield Operation(
            "DELETE", member, _end(kind), f"{VERBS[kind.end]}_{noun}", f"End a {noun}: its status becomes {kind.end}",
            changed, tag, errors=(404, 409, 412), headers=guarded,
        )  # fmt: skip


def _legacy(kind: Kind, operation: Operation) -> Operation:
    handle = operation.handle and metered(operation.handle, f"/{kind.path}", f"/{kind.successor}")
    told = {
        status: replace(answer, headers=tuple(dict.fromkeys((*answer.headers, *HEADERS))))
        for status, answer in operation.answers.items()
    }
    return replace(operation, handle=handle, answers=told, legacy=True)


operations: list[Operation] = [
    _legacy(kind, operation) if kind.successor else operation for kind in KINDS for operation in _operations_of(kind)
]
