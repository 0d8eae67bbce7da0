"""Problem documents (RFC 9457): what every error looks like on the wire."""

from typing import Any

from starlette.responses import Response

from statehub.documents import dump

RETRY_AFTER_S = "1"


def problem(status: int, title: str, detail: str, instance: str, **extra: Any) -> Response:
    """A problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance}
    headers = {"Retry-After": RETRY_AFTER_S} if status in (429, 503) else {}
    if allow := extra.pop("allow", None):
        headers["Allow"] = allow
    return Response(dump(body | extra), status, headers, "application/problem+json")
