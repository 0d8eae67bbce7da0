"""One ASGI layer before everything: loopback is no boundary, since a web page in the user's browser can reach it.

Host must be ours, Origin the same where there is one, a cross-site fetch is
refused, an access token is asked for where one is configured, a body is JSON
and of bounded size, counted as it streams. Every answer has the plain headers.
"""

import re
from collections.abc import Callable, Collection, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from statehub.errors import Forbidden, Misdirected, StateHubError, TooLarge, Unauthorized, Unsupported
from statehub.headers import PLAIN
from statehub.keyring import Keyring
from statehub.problems import problem

LOOPBACK = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})
MAX_BODY_BYTES = 2**20
_NAMED = re.compile(r"{\w+}")
# what a probe, and who does not know yet what to send, may ask without a token
OPEN = frozenset({"/state/health", "/docs", "/openapi.json"})
OPEN_BELOW = "/docs/"
# beside Host; of what a browser sends, most is none of these
_CHECKED = frozenset(
    {
        b"authorization", b"origin", b"sec-fetch-site", b"content-type", b"content-encoding", b"content-length",
        b"transfer-encoding",
    }
)  # fmt: skip


class Guard:
    """Wraps `app`. `allowed_hosts` are names beside the loopback ones; `large` gives paths, as routes are
    written, their own body limit.

    Where nothing takes the method (`takes`), what is wrong with the body is not told: `app` says 404 or 405.
    Answers of the paths in `prebuilt` have the plain headers already. Who was let in by a token with a name is
    `scope["state"]["caller"]`.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Collection[str] = (),
        large: Mapping[str, int] | None = None,
        *,
        keyring: Keyring | None = None,
        prebuilt: Collection[str] = (),
        takes: Callable[[Scope], bool] = lambda _scope: True,
    ) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.lower().encode() for host in allowed_hosts}
        self.large = [(re.compile(_NAMED.sub("[^/]+", path)), limit) for path, limit in (large or {}).items()]
        self.keyring = keyring or Keyring()
        self.prebuilt = frozenset(prebuilt)
        self.takes = takes
        self._known_hosts: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # nothing of ours speaks it, and nothing here has looked at it
                return await send({"type": "websocket.close", "code": 1008})
            return await self.app(scope, receive, send)
        try:
            has_body = self._check(scope)
        except StateHubError as error:
            answer = problem(error.status, error.title, error.detail, scope["path"])
            answer.headers["Connection"] = "close"  # a body may be on its way
            return await answer(scope, receive, send)
        if scope["path"] not in self.prebuilt:
            send = _plain(send)
        if scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        path = scope["path"].rstrip("/")
        limit = next((limit for pattern, limit in self.large if pattern.fullmatch(path)), MAX_BODY_BYTES)
        receive, send = _limited(receive, send, limit, has_body)
        try:
            return await self.app(scope, receive, send)
        except TooLarge as error:
            answer = problem(error.status, error.title, error.detail, scope["path"])
            return await answer(scope, receive, send)

    def _check(self, scope: Scope) -> bool:
        """Whether there is a body; notes who calls. Raises what this caller may not do."""
        hosts = 0
        host = content_type = encoding = origin = authorization = None
        has_body = False
        for name, value in scope["headers"]:
            if name == b"host":
                hosts += 1
                host = value
                if value not in self._known_hosts:
                    self._check_host(value)
            elif name not in _CHECKED:
                continue
            elif name == b"authorization":
                authorization = value if authorization is None else b""  # two are none
            elif name == b"origin":
                origin = value if origin is None else b""
            elif name == b"sec-fetch-site":
                # same-site is another port of this machine: a link may lead from there to here, and no more
                if value == b"cross-site" or (value == b"same-site" and scope["method"] not in ("GET", "HEAD")):
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
        if origin is not None and not _is_same_origin(origin.lower(), (host or b"").lower()):
            raise Forbidden("a page of another origin may not talk to the hub")
        if self.keyring.asks():
            try:
                caller = self.keyring.name_of(authorization)
            except Unauthorized:
                if not _is_open(scope["path"]):
                    raise
                caller = None
            if caller is not None:
                scope.setdefault("state", {})["caller"] = caller
        if encoding not in (None, b"identity") and self.takes(scope):
            raise Unsupported("send the body uncompressed")
        needs_json = scope["method"] in ("POST", "PATCH") or has_body
        is_json = (content_type or b"").split(b";")[0].strip().lower() == b"application/json"
        if needs_json and not is_json and self.takes(scope):
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


def _is_open(path: str) -> bool:
    return path.rstrip("/") in OPEN or path.startswith(OPEN_BELOW)


def _is_same_origin(origin: bytes, host: bytes) -> bool:
    return origin in (b"http://" + host, b"https://" + host)


def _plain(send: Send) -> Send:
    """Adds the plain headers that the answer does not set itself."""

    async def plain(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            there = {name for name, _ in headers}
            message = {**message, "headers": [*headers, *(pair for pair in PLAIN if pair[0] not in there)]}
        await send(message)

    return plain


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
