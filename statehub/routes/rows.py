"""Topics, repos, workplans, tasks, decisions, domains, progress: list, get, create, patch, soft delete."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statehub import models
from statehub.errors import Invalid, Malformed
from statehub.routes import respond
from statehub.routes.lists import page_of
from statehub.routes.request import author_of, document_of, expected_version, store_of


@dataclass(frozen=True)
class Kind:
    """A path of the API: what may be created and changed there, and the status that ends a row."""

    path: str
    create: type[models.Document] = models.Document
    patch: type[models.Document] = models.Document
    end: str = ""

    def location(self, name: str) -> str:
        """Where a row is found."""
        return f"/{self.path}/{quote(name, safe='')}"


KINDS = (
    Kind("domains"),
    Kind("topics", models.TopicCreate, models.TopicPatch, "archived"),
    Kind("repos", models.RepoCreate, models.RepoPatch, "archived"),
    Kind("workplans", models.WorkplanCreate, models.WorkplanPatch, "archived"),
    Kind("tasks", models.TaskCreate, models.TaskPatch, "cancel"),
    Kind("decisions", models.DecisionCreate, models.DecisionPatch, "superseded"),
)
PROGRESS = Kind("progress", models.ProgressAppend)


async def list_rows(request: Request, kind: Kind) -> Response:
    page = await page_of(request, kind.path)
    try:
        text = await store_of(request).list_rows(kind.path, page.filters, page.fields, page.after, page.limit)
    except Invalid:
        raise Malformed("the cursor is not of this list; take next_cursor from a page of it") from None
    return page.respond(text)


async def get_row(request: Request, kind: Kind) -> Response:
    body, version = await store_of(request).get_row(kind.path, request.path_params["name"])
    return respond.row(body, version)


async def create_row(request: Request, kind: Kind) -> Response:
    doc = (await document_of(request, kind.create)).columns()
    result = await store_of(request).create_row(kind.path, doc, *author_of(request))
    return respond.written(result, kind.location(result.name), created=True)


async def update_row(request: Request, kind: Kind) -> Response:
    doc = (await document_of(request, kind.patch)).columns()
    return await _update(request, kind, doc)


async def end_row(request: Request, kind: Kind) -> Response:
    return await _update(request, kind, {"status": kind.end})


async def append_progress(request: Request, kind: Kind) -> Response:
    doc = (await document_of(request, models.ProgressAppend)).columns()
    author, author_kind = author_of(request, doc)
    doc |= {"author": author, "author_kind": author_kind}
    result = await store_of(request).create_row(kind.path, doc, author, author_kind)
    return respond.written(result, f"/{kind.path}", created=True)


async def _update(request: Request, kind: Kind, doc: dict[str, object]) -> Response:
    name, version = request.path_params["name"], expected_version(request)
    result = await store_of(request).update_row(kind.path, name, doc, version, *author_of(request))
    return respond.written(result, kind.location(result.name), created=False)


Handler = Callable[[Request, Kind], Awaitable[Response]]


def _routes_of(kind: Kind) -> list[BaseRoute]:
    collection: dict[str, Handler] = {"GET": list_rows}
    member: dict[str, Handler] = {"GET": get_row}
    if kind.end:  # what has no end is not written here
        collection["POST"] = create_row
        member |= {"PATCH": update_row, "DELETE": end_row}
    return [
        Route(f"/{kind.path}", _by_method(collection, kind), methods=list(collection)),
        Route(f"/{kind.path}/{{name}}", _by_method(member, kind), methods=list(member)),
    ]


def _by_method(handlers: Mapping[str, Handler], kind: Kind) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request, kind)

    return handle


routes: list[BaseRoute] = [
    *(route for kind in KINDS for route in _routes_of(kind)),
    Route(
        "/progress",
        _by_method({"GET": list_rows, "POST": append_progress}, PROGRESS),
        methods=["GET", "POST"],
    ),
]
