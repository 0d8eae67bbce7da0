"""Who may see the dashboard where an access token is configured: who has a key, made of a token, which opens no API.

No browser ever holds a token. `custodian dashboard --link` prints an address with
the key; the server sets it as a cookie and leads to the address without it.
"""

from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from statehub.access import AccessToken
from statehub.dashboard.keys import PARAMETER, key_of
from statehub.dashboard.pages import plain_page
from statehub.keyring import Keyring
from statehub.problems import CHALLENGE, problem
from statehub.settings import Settings

HEALTH = "/health"
KEPT_S = 30 * 24 * 3600
HOW = "Run `custodian dashboard --link` where the hub runs: it prints an address that lets this browser in."
WHY = "The hub has an access token, so its pages are for those who have the key made of it. No browser holds the token."


class Door:
    """Lets in who shows a key, as a cookie, or a token, as a Bearer; everybody where no token is configured.

    The token that they came with, or whose key it was, is `scope["state"]["bearer"]`.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        given, folder, required = settings.api_token, settings.data_dir, not settings.on_loopback
        self.tokens = Keyring(given, folder, required=required)
        self.keys = Keyring(given, folder, required=required, word_of=key_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == HEALTH:
            return await self.app(scope, receive, send)
        asks = self.tokens.asks() | self.keys.asks()  # both look whether the file has changed
        headers = Headers(scope=scope)
        bearer = self._bearer(headers) if asks else None
        is_page = not scope["path"].startswith("/api/")
        if is_page and (shown := _key_in(scope)) is not None:
            key = shown if asks and self.keys.bearer_of(shown.encode()) else None
            if key or bearer or not asks:
                return await _led_on(scope, headers, key)(scope, receive, send)
        if asks and bearer is None:
            return await _closed(scope, is_page=is_page)(scope, receive, send)
        if bearer:
            scope.setdefault("state", {})["bearer"] = bearer
        return await self.app(scope, receive, send)

    def _bearer(self, headers: Headers) -> AccessToken | None:
        match headers.getlist("authorization"):
            case []:
                cookie = _cookie_in(headers)
                return self.keys.bearer_of(cookie.encode()) if cookie else None
            case [word] if word[:7].lower() == "bearer ":
                return self.tokens.bearer_of(word[7:].strip(" ").encode())
        return None


def _closed(scope: Scope, *, is_page: bool) -> Response:
    if not is_page:
        return problem(401, "Unauthorized", f"the dashboard asks for its key. {HOW.replace('`', '')}", scope["path"])
    page = plain_page(401, "This dashboard asks for its key", HOW, WHY)
    page.headers["WWW-Authenticate"] = CHALLENGE
    return page


def _led_on(scope: Scope, headers: Headers, key: str | None) -> Response:
    """To the same address without the key, which the browser keeps from then on."""
    rest = urlencode([pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != PARAMETER])
    path = "/" + scope["raw_path"].decode("latin-1").lstrip("/\\")  # "//host/" would lead elsewhere
    answer = RedirectResponse(path + ("?" + rest if rest else ""), 303, {"Cache-Control": "no-store"})
    if key:
        name = _cookie_name(headers)
        answer.set_cookie(name, key, KEPT_S, path="/", httponly=True, samesite="strict")
    return answer


def _key_in(scope: Scope) -> str | None:
    if scope["method"] not in ("GET", "HEAD") or PARAMETER.encode() not in scope["query_string"]:
        return None
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)).get(PARAMETER)


def _cookie_name(headers: Headers) -> str:
    """With the port that the browser knows: cookies are a host's, and two hubs are two ports of it."""
    _, _, port = headers.get("host", "").rpartition(":")
    return f"statehub-{port if port.isdigit() else '80'}"


def _cookie_in(headers: Headers) -> str | None:
    return cookie_parser("; ".join(headers.getlist("cookie"))).get(_cookie_name(headers))
