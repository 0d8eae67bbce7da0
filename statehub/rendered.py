"""A snapshot of the summary as HTTP.

What can be made once a snapshot is made once a snapshot; the start message
once a second, when `Age` changes.
"""

import gzip

from starlette.types import Message

from statehub.cache import Snapshot
from statehub.documents import dump
from statehub.headers import PLAIN
from statehub.labels import token_of

SCHEMA = "statehub/summary/1"

HIT, STALE, MISS, REFRESH, STALE_ERROR = "hit-revision", "stale", "miss", "refresh", "stale-error"
# RFC 9211: how this cache handled the request
CACHE_STATUS = {
    HIT: b"statehub; hit",
    STALE: b"statehub; hit; detail=stale-while-revalidate",
    MISS: b"statehub; fwd=miss; stored",
    REFRESH: b"statehub; fwd=request; stored",
    STALE_ERROR: b"statehub; hit; detail=stale-if-error",
}


class Rendered:
    """One snapshot as HTTP: body, ETag, token, and the messages that were asked for so far."""

    def __init__(self, snapshot: Snapshot) -> None:
        revisions = snapshot.revisions
        self.token = str(token_of(snapshot))
        self.etag = f'W/"{snapshot.epoch}.{revisions["core"]}.{revisions["progress"]}"'.encode()
        head = {
            "schema": SCHEMA,
            "generated_at": snapshot.generated_at,
            "revision": {"token": self.token, **revisions},
        }
        # the sections are JSON objects: their braces go, and what is between them is spliced
        parts = [
            dump(head).encode()[1:-1],
            snapshot.sections["core"][1:-1],
            snapshot.sections["progress"][1:-1],
        ]
        self.body = b"{" + b",".join(parts) + b"}"
        self.covers = {self.token.encode()}  # tokens as clients sent them, known to be included
        self._rest: Message = {"type": "http.response.body", "body": self.body}
        self._gzipped_rest: Message | None = None
        self._starts: dict[tuple[int, str, bool], Message] = {}
        self._age_s = -1

    def rest(self, gzipped: bool) -> Message:
        """The `http.response.body` message; compressed once, when first asked for."""
        if not gzipped:
            return self._rest
        if self._gzipped_rest is None:
            self._gzipped_rest = {**self._rest, "body": gzip.compress(self.body, 6, mtime=0)}
        return self._gzipped_rest

    def start(self, status: int, label: str, gzipped: bool, age_s: int) -> Message:
        """The `http.response.start` message for this second."""
        if age_s != self._age_s:
            self._starts.clear()
            self._age_s = age_s
        key = (status, label, gzipped)
        if (found := self._starts.get(key)) is None:
            found = self._starts[key] = self._start(status, label, gzipped, age_s)
        return found

    def _start(self, status: int, label: str, gzipped: bool, age_s: int) -> Message:
        headers = [
            (b"etag", self.etag),
            (b"age", b"%d" % age_s),
            (b"cache-control", b"private, no-cache"),
            (b"cache-status", CACHE_STATUS[label]),
            (b"vary", b"Accept-Encoding"),
            (b"x-statehub-cache", label.encode()),
            (b"x-statehub-revision", self.token.encode()),
            *PLAIN,
        ]
        if status == 200:
            headers += [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(self.rest(gzipped)["body"])),
            ]
            if gzipped:
                headers.append((b"content-encoding", b"gzip"))
        return {"type": "http.response.start", "status": status, "headers": headers}
