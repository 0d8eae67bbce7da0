"""One ASGI layer before everything: loopback is no boundary, since a web page in the user's browser can reach it.

Host must be ours, Origin the same where there is one, a cross-site fetch is
refused, a body is JSON and of bounded size, counted as it streams.
"""

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from statehub.errors import Forbidden, Misdirected, StateHubError, TooLarge, Unsupported
from statehub.problems import problem

LOOPBACK = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})
MAX_BODY_BYTES = 2**20
# beside Host; of what a browser sends, most is none of these
_CHECKED = frozenset(
    {b"origin", b"sec-fetch-site", b"content-type", b"content-encoding", b"content-length", b"transfer-encoding"}
)


class Guard:
    """Wraps `app`. `allowed_hosts` are names beside the loopback ones; `large` gives paths their own body limit."""

    def __init__(
        self, app: ASGIApp, allowed_hosts: Collection[str] = (), large: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.lower().encode() for host in allowed_hosts}
        self.large = large or {}
        self._known_hosts: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            has_body = self._check(scope)
        except StateHubError as error:
            answer = problem(error.status, error.title, error.detail, scope["path"])
            answer.headers["Connection"] = "close"  # a body may be on its way
            return await answer(scope, receive, send)
        if scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        limit = self.large.get(scope["path"].rstrip("/"), MAX_BODY_BYTES)
        receive, send = _limited(receive, send, limit, has_body)
        try:
            return await self.app(scope, receive, send)
        except TooLarge as error:
            answer = problem(error.status, error.title, error.detail, scope["path"])
            return await answer(scope, receive, send)

    def _check(self, scope: Scope) -> bool:
        """Whether there is a body. Raises what this caller may not do."""
        hosts = 0
        host = content_type = encoding = None
        origins: list[bytes] = []
        has_body = False
        for name, value in scope["headers"]:
            if name == b"host":
                hosts += 1
                host = value
                if value not in self._known_hosts:
                    self._check_host(value)
            elif name not in _CHECKED:
                continue
            elif name == b"origin":
                origins.append(value)
            elif name == b"sec-fetch-site":
                if value == b"cross-site":
                    raise Forbidden("a page of another site may not talk to the hub")
            elif name == b"content-type":
                content_type = value
            elif name == b"content-encoding":
                encoding = value
            elif name == b"content-length":
                has_body = value != b"0"
            elif name == b"transfer-encoding":
                has_body = True
        if hosts != 1:
            raise Misdirected("exactly one Host is needed")
        # our own pages ask the address that they came from; another port is another page's
        if origins and (len(origins) > 1 or not _is_same_origin(origins[0].lower(), (host or b"").lower())):
            raise Forbidden("a page of another origin may not talk to the hub")
        if encoding not in (None, b"identity"):
            raise Unsupported("send the body uncompressed")
        needs_json = scope["method"] in ("POST", "PATCH") or has_body
        if needs_json and (content_type or b"").split(b";")[0].strip().lower() != b"application/json":
            raise Unsupported("send the body as Content-Type: application/json")
        return has_body

    def _check_host(self, value: bytes) -> None:
        name, colon, port = value.lower().rpartition(b":")
        if not colon or value.endswith(b"]"):
            name, port = value.lower(), b"0"
        if name not in self.hosts or not port.isdigit():
            raise Misdirected(
                "this hub answers to 127.0.0.1, localhost and [::1]; other names go in STATEHUB_ALLOWED_HOSTS"
            )
        if len(self._known_hosts) < 100:
            self._known_hosts.add(value)


def _is_same_origin(origin: bytes, host: bytes) -> bool:
    return origin in (b"http://" + host, b"https://" + host)


def _limited(receive: Receive, send: Send, limit: int, has_body: bool) -> tuple[Receive, Send]:
    """Refuses a body over the limit as it streams; an answer before its end is the last one on the connection."""
    seen = 0
    ended = not has_body

    async def limited() -> Message:
        nonlocal seen, ended
        message = await receive()
        seen += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        if seen > limit:
            raise TooLarge(f"the body is over {limit} bytes")
        return message

    async def ending(message: Message) -> None:
        if not ended and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return limited, ending
