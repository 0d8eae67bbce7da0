"""The HTTP client of every face. Remembers the summary's ETag and the highest revision token it has seen.

`http.client`, since the CLI must start in a blink.
"""

import http.client
import json
from collections.abc import Iterator
from typing import Any, Self, TypedDict
from urllib.parse import quote, urlencode, urlsplit

from statehub import errors
from statehub.errors import Gone, StateHubError, Unavailable

_BY_STATUS = {
    error.status: error
    for error in (
        errors.Malformed, errors.Unauthorized, errors.Forbidden, errors.NotFound, errors.Conflict, errors.Gone,
        errors.PreconditionFailed, errors.TooLarge, errors.Unsupported, errors.Misdirected, errors.Invalid,
        errors.Unavailable,
    )
}  # fmt: skip
TIMEOUT_S = 15.0
IMPORT_TIMEOUT_S = 320.0
STREAM_TIMEOUT_S = 40.0  # the hub says something every 15 s


class ImportCounts(TypedDict):
    """What happened to one kind of row."""

    created: int
    updated: int
    unchanged: int
    skipped: int


class Skipped(TypedDict):
    """What was left out of an import, and why."""

    name: str
    why: str


class ImportResult(TypedDict):
    """The answer of `POST /import`."""

    format: str
    repo: str
    read: int
    workplans: ImportCounts
    tasks: ImportCounts
    dependencies: ImportCounts
    events: ImportCounts
    skipped: list[Skipped]


class Client:
    """Speaks to the API at `base_url`; every call raises a StateHubError that says what to do.

    `token` is the access token: whoever answers at `base_url` is given it.
    """

    def __init__(
        self, base_url: str, *, token: str | None = None, author: str | None = None, author_kind: str | None = None
    ) -> None:
        self.base_url = base_url
        self._parts = urlsplit(base_url)
        self._prefix = self._parts.path.rstrip("/")
        self._connection = self._open(TIMEOUT_S)
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if author:
            self._headers["X-StateHub-Author"] = quote(author)
        if author_kind:
            self._headers["X-StateHub-Author-Kind"] = author_kind
        self._summary: tuple[str, bytes] | None = None
        self.token: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get_summary(self, *, refresh: bool = False) -> bytes:
        """The summary as it is served, never older than what this client has seen; unchanged, it costs no body."""
        headers = {"If-None-Match": self._summary[0]} if self._summary else {}
        if self.token:
            headers["X-StateHub-Min-Revision"] = self.token
        path = "/state/summary" + ("?refresh=true" if refresh else "")
        try:
            response, body = self._send("GET", path, headers=headers)
        except Gone:  # restored, or failed over: what was seen is of another history
            self.token = self._summary = None
            response, body = self._send("GET", path)
        if response.status == 304 and self._summary:
            return self._summary[1]
        self._summary = (response.headers["ETag"], body)
        return body

    def follow_events(self) -> Iterator[str]:
        """The revision token of each change, the current one first; ends only by an Unavailable."""
        stream = self._open(timeout=STREAM_TIMEOUT_S)
        try:
            stream.request(
                "GET", self._prefix + "/state/events", headers=self._headers | {"Accept": "text/event-stream"}
            )
            response = stream.getresponse()
            if response.status != 200:
                raise _error(response.status, response.read())
            token = ""
            while line := response.readline():
                if line.startswith(b"id: "):
                    token = line[4:].decode().strip()
                elif line == b"\n":  # the end of a message, or of a comment
                    if token:
                        self.token = token
                        yield token
                    token = ""
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the event stream of {self.base_url} broke off") from error
        finally:
            stream.close()
        raise Unavailable(f"the event stream of {self.base_url} ended")

    def get_health(self) -> dict[str, Any]:
        """What `/state/health` says, also when it says no."""
        return self._document("GET", "/state/health", allow=(200, 503))

    def get_ready(self) -> dict[str, Any]:
        """What `/state/ready` says, also when it says no."""
        return self._document("GET", "/state/ready", allow=(200, 503))

    def list_rows(self, kind: str, **filters: str | list[str]) -> dict[str, Any]:
        """A page of rows: {"items", "next_cursor"}."""
        return self._document("GET", f"/{kind}?{urlencode(filters, doseq=True)}")

    def get_row(self, kind: str, name: str) -> dict[str, Any]:
        """One row by short name or id."""
        return self._document("GET", f"/{kind}/{quote(name, safe='')}")

    def create_row(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Create a row, or append to `progress`."""
        return self._document("POST", f"/{kind}", fields, allow=(201,))

    def update_row(self, kind: str, name: str, **fields: Any) -> dict[str, Any]:
        """Change a row."""
        return self._document("PATCH", f"/{kind}/{quote(name, safe='')}", fields)

    def import_document(self, fmt: str, repo: str, domain: str, document: str) -> ImportResult:
        """Import another tool's file."""
        body = {"format": fmt, "repo": repo, "domain": domain, "document": document}
        self._connection.timeout = IMPORT_TIMEOUT_S
        result: ImportResult = self._document("POST", "/import", body)  # type: ignore[assignment]
        return result

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        connection = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return connection(self._parts.hostname or "127.0.0.1", self._parts.port, timeout=timeout)

    def _document(self, method: str, path: str, body: Any = None, allow: tuple[int, ...] = (200,)) -> dict[str, Any]:
        response, content = self._send(method, path, body, allow=allow)
        try:
            found: dict[str, Any] = json.loads(content)
        except ValueError:
            raise Unavailable(f"{self.base_url} answered {response.status} without JSON: is it State Hub?") from None
        return found

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        allow: tuple[int, ...] = (200, 304),
    ) -> tuple[http.client.HTTPResponse, bytes]:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = self._headers | (headers or {}) | ({"Content-Type": "application/json"} if content is not None else {})
        try:
            self._connection.request(method, self._prefix + path, content, sent)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable(f"no State Hub answers at {self.base_url}; start one with: custodian up") from error
        self.token = response.headers.get("X-StateHub-Revision", self.token)
        if response.status not in allow:
            raise _error(response.status, answer)
        return response, answer


def _error(status: int, answer: bytes) -> StateHubError:
    try:
        problem = json.loads(answer)
        detail, extra = str(problem["detail"]), {"errors": problem.get("errors", [])}
    except (ValueError, KeyError, TypeError):
        detail, extra = f"the hub answered {status}", {}
    return _BY_STATUS.get(status, StateHubError)(detail, **extra)
