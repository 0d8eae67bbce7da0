"""`/openapi.json`, and `/docs`: the same to read and to try, from files of our own."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from statehub import filters
from statehub.errors import NotFound
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of
from statehub.routes.respond import json_text

_PACKAGE = Path(__file__).parent.parent
# in a wheel, and in a checkout after `make install`
FOLDERS = (_PACKAGE / "_swagger_ui", _PACKAGE.parent / "dashboard" / "node_modules" / "swagger-ui-dist")
FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)
HTML = {"Content-Security-Policy": POLICY + "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>State Hub: the HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="page"><p>A script draws this page. The document itself is <a href="/openapi.json">/openapi.json</a>.</p></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#page", deepLinking: true, filter: true, tryItOutEnabled: true, validatorUrl: null,
});
"""


async def get_openapi(request: Request) -> Response:
    query_of(request, filters.Query)
    return json_text(request.state.openapi())


async def get_docs(request: Request) -> Response:
    query_of(request, filters.Query)
    return Response(PAGE, headers=HTML, media_type="text/html")


async def get_docs_file(request: Request) -> Response:
    query_of(request, filters.Query)
    name = request.path_params["file"]
    if name == "start.js":
        return Response(START, media_type="text/javascript")
    for folder in FOLDERS:
        if name in FILES and (folder / name).is_file():
            return FileResponse(folder / name, media_type=FILES[name])
    raise NotFound("there is no such file; in a checkout, make install fetches what /docs is drawn with")


operations = [
    Operation(
        "GET", "/openapi.json", get_openapi, "get_openapi", "This document",
        {200: Answer(dict[str, object], "OpenAPI 3.1")}, "documentation",
    ),
    Operation(
        "GET", "/docs", get_docs, "get_docs", "This document, to read and to try",
        {200: Answer(str, media="text/html")}, "documentation",
    ),
    Operation(
        "GET", "/docs/{file}", get_docs_file, "get_docs_file", "What that page is made of",
        {200: Answer(str, media="text/javascript")}, "documentation", errors=(404,),
    ),
]  # fmt: skip
