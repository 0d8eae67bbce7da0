"""The dashboard's server, put together: guard, door, and behind them the pages and what is sent on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from statehub.dashboard.door import HEALTH, Door
from statehub.dashboard.forward import Forward
from statehub.dashboard.hub import Place
from statehub.dashboard.pages import Pages, refused
from statehub.errors import StateHubError
from statehub.guard import Guard
from statehub.problems import problem
from statehub.settings import Settings

# what the API takes more than a MiB of
LARGE = {"/api/import": 64 * 2**20, "/api/repos/{name}/sync": 64 * 2**20}


class State(TypedDict):
    """What the lifespan holds."""

    forward: Forward


def create_app(settings: Settings, locate: Callable[[], Place], author: str, folder: Path | None) -> ASGIApp:
    """An ASGI app for the pages in `folder`. Without one a page is 204: somebody else, who asked us, has it."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        try:
            yield State(forward=forward)
        finally:
            await forward.aclose()

    forward = Forward(locate, author)
    pages: ASGIApp = Pages(folder) if folder else Response(status_code=204)
    app = Starlette(
        routes=[Route(HEALTH, get_health), Mount("/api", forward), Mount("/", pages)],
        lifespan=lifespan,
        exception_handlers={HTTPException: refused, StateHubError: told},
    )
    app.router.redirect_slashes = False
    return Guard(Door(app, settings), settings.allowed_hosts, large=LARGE)


async def get_health(_request: Request) -> Response:
    """That this port answers; of the hub `/api/state/health` tells."""
    return JSONResponse({"status": "ok"})


async def told(request: Request, error: Exception) -> Response:
    """What was found wrong on the way, such as a body that is too long, while it was being sent on."""
    assert isinstance(error, StateHubError)  # noqa: S101  (it is registered for these)
    return problem(error.status, error.title, error.detail, request.url.path)
