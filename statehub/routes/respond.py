"""Responses, named for outcomes; and the one place where an error becomes one."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from statehub.errors import StateHubError, Unavailable
from statehub.problems import problem
from statehub.store import Written

log = logging.getLogger(__name__)


def row(body: bytes, version: int | None) -> Response:
    """200 with a row and its ETag."""
    headers = {"ETag": f'"v{version}"'} if version is not None else {}
    return Response(body, media_type="application/json", headers=headers)


def location(path: str, result: Written) -> str:
    """Where a written row is found."""
    return f"/{path}/{quote(result.name or '', safe='')}"


def written(result: Written, location: str | None, *, created: bool) -> Response:
    """201 or 200 with the row, Location, ETag and the revision token that includes the write."""
    headers = {"X-StateHub-Revision": result.token}
    if location is not None:
        headers["Location"] = location
    if result.version is not None:
        headers["ETag"] = f'"v{result.version}"'
    return Response(result.body, 201 if created else 200, headers, "application/json")


def json_text(text: str | bytes, **headers: str) -> Response:
    """200 with JSON that Postgres made."""
    return Response(text, media_type="application/json", headers=headers)


async def on_error(request: Request, error: Exception) -> Response:
    """Ours carry their status; Starlette's are 404 and 405; anything else is a bug, logged here and nowhere else."""
    path = request.url.path
    match error:
        case StateHubError():
            if not isinstance(error, Unavailable) and error.status >= 500:
                log.error("unexpected error at %s %s", request.method, path, exc_info=error)
            return problem(error.status, error.title, error.detail, path, **error.extra)
        case HTTPException(status_code=405):
            allow = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            return problem(405, "Method not allowed", f"{path} takes {allow}", path, allow=allow)
        case HTTPException(status_code=404):
            return problem(404, "Not found", f"there is no {path}; the routes are in the documentation", path)
        case HTTPException():
            return problem(error.status_code, HTTPStatus(error.status_code).phrase, error.detail, path)
        case _:
            log.error("unexpected error at %s %s", request.method, path, exc_info=error)
            return problem(500, "Internal error", "a fault of ours; it is in the log", path)
