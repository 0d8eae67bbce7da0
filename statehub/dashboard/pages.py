"""The dashboard's pages: files, made by `make dashboard-build`, each with a policy that its own inline scripts fit."""

import base64
import hashlib
import os
import re
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
# a name that has its content's hash is never another file
_HASHED = re.compile(r"\.[0-9a-f]{8,}\.\w+$")
STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}h1{font-size:1.3rem}"
_CODE = re.compile("`(.+?)`")
IMMUTABLE = "public, max-age=31536000, immutable"
PLAIN_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>{style}</style>
<title>State Hub: {title}</title>
<h1>{title}</h1>
{text}
</html>
"""


class Pages(StaticFiles):
    """`/x` is `x.html` too. What is replaced under a running server is served from then on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if path in ("404", "404.html"):  # what StaticFiles would answer with; ours is below
            return "", None
        found = super().lookup_path(path)
        if path != "." and not (found[1] and S_ISREG(found[1].st_mode)):
            page = super().lookup_path(path + ".html")
            if page[1] and S_ISREG(page[1].st_mode):
                return page
        return found

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        name = str(full_path)
        if not name.endswith(".html"):
            response = super().file_response(full_path, stat_result, scope, status_code)
            response.headers["Cache-Control"] = IMMUTABLE if _HASHED.search(name) else "no-cache"
            return response
        if scope["path"].endswith("/") and not name.endswith("index.html"):  # its links are relative
            return RedirectResponse("../" + Path(name).stem, 308)
        page = _read(name, stat_result.st_ino, stat_result.st_mtime_ns, stat_result.st_size)
        headers = {"ETag": page.etag, "Cache-Control": "no-cache", "Content-Security-Policy": page.policy}
        answer = Response(page.content, status_code, headers, "text/html")
        if self.is_not_modified(answer.headers, Headers(scope=scope)):
            kept = NotModifiedResponse(answer.headers)
            kept.headers["Content-Security-Policy"] = page.policy  # a browser takes what a 304 says for the page's
            return kept
        return answer


class Page(NamedTuple):
    """A file of HTML as it is sent."""

    content: bytes
    etag: str
    policy: str


@lru_cache(maxsize=64)
def _read(name: str, *_version: int) -> Page:
    content = Path(name).read_bytes()
    parser = _Scripts()
    parser.feed(content.decode())
    parser.close()
    allowed = "".join(f" 'sha256-{digest}'" for digest in sorted({_digest(text) for text in parser.found}))
    return Page(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', POLICY.format(scripts=allowed))


class _Scripts(HTMLParser):
    """Collects the text of scripts that stand in the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and not any(name == "src" for name, _ in attrs)
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = False


def plain_page(status: int, title: str, *paragraphs: str) -> Response:
    """A page that needs no other file; `code` in a paragraph stands between backticks."""
    text = "\n".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    page = PLAIN_PAGE.format(title=escape(title), text=_CODE.sub(r"<code>\1</code>", text), style=STYLE)
    policy = f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; frame-ancestors 'none'; base-uri 'none'"
    return Response(page, status, {"Cache-Control": "no-store", "Content-Security-Policy": policy}, "text/html")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


async def refused(_request: Request, error: Exception) -> Response:
    """What the pages answer to a path, or a method, that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        return plain_page(405, "Pages are only read", "What writes goes to `/api`.")
    return plain_page(status, "There is no such page", "The dashboard begins at `/`.")
