"""Problem documents (RFC 9457): what every error looks like on the wire."""

from typing import Any

from starlette.responses import Response

from statehub.documents import dump
from statehub.headers import PLAIN

RETRY_AFTER_S = "1"
CHALLENGE = 'Bearer realm="statehub"'
_PLAIN = {name.decode(): value.decode() for name, value in PLAIN}


def problem(status: int, title: str, detail: str, instance: str, **extra: Any) -> Response:
    """A problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance}
    headers = dict(_PLAIN)
    if status in (429, 502, 503, 504):
        headers["Retry-After"] = RETRY_AFTER_S
    if status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    if allow := extra.pop("allow", None):
        headers["Allow"] = allow
    return Response(dump(body | extra), status, headers, "application/problem+json")
