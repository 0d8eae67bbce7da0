"""The HTTP client of every face. Remembers the summary's ETag and a token of all it has seen.

`http.client`, since the CLI must start in a blink; async_client.py is its twin on httpx2.
"""

import http.client
import json
import time
from collections.abc import Generator, Iterator
from email.message import Message
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from statehub import calls
from statehub.calls import Call
from statehub.errors import Gone, Unavailable
from statehub.exchange import Attempt, Memory, nobody_at, refusal

if TYPE_CHECKING:
    from statehub import answers

T = TypeVar("T")
EXPORT_TIMEOUT_S = 60.0  # until the next bytes
STREAM_TIMEOUT_S = 40.0  # the hub says something every 15 s


class Client:
    """Speaks to the API at `base_url`; every call raises a StateHubError that says what to do.

    What breaks off or is refused for the moment is sent again, writes under an Idempotency-Key: nothing is done twice.
    """

    def __init__(
        self, base_url: str, *, token: str | None = None, author: str | None = None, author_kind: str | None = None
    ) -> None:
        self.base_url = base_url
        self.memory = Memory.of(base_url, token, author, author_kind)
        self._parts = urlsplit(base_url)
        self._prefix = self._parts.path.rstrip("/")
        self._connection = self._open(calls.TIMEOUT_S)
        self._answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def token(self) -> str | None:
        """A revision token of all that was seen."""
        return self.memory.token

    def do(self, call: Call[T]) -> T:
        """Send it; its answer."""
        attempt = Attempt(call, self.memory)
        status, _, answer = self._exchange(attempt)
        found: T = attempt.document(status, answer)
        return found

    def pages(self, call: "Call[answers.Page[T]]") -> Iterator[T]:
        """The rows of a list, page after page."""
        while True:
            page = self.do(call)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            call = calls.following(call, page["next_cursor"])

    def get_summary(self, *, refresh: bool = False) -> bytes:
        """The summary as it is served, never older than what this client has seen; unchanged, it costs no body."""
        memory = self.memory
        headers = {"If-None-Match": memory.summary[0]} if memory.summary else {}
        if memory.token:
            headers["X-StateHub-Min-Revision"] = memory.token
        path = "/state/summary" + ("?refresh=true" if refresh else "")
        try:
            status, answered, body = self._exchange(
                Attempt(Call("GET", path, headers=headers, allow=(200, 304)), memory)
            )
        except Gone:  # restored, or failed over: what was seen is of another history
            memory.token = memory.summary = None
            status, answered, body = self._exchange(Attempt(Call("GET", path), memory))
        if status == 304 and memory.summary:
            return memory.summary[1]
        memory.summary = (answered["ETag"], body)
        return body

    def get_plans(self, repo: str) -> "tuple[answers.Plans, str]":
        """A repository's plans as a sync reads them, and the tag that they have as long as nothing changes."""
        attempt = Attempt(calls.list_plans(repo), self.memory)
        status, answered, body = self._exchange(attempt)
        found: answers.Plans = attempt.document(status, body)
        return found, answered["ETag"]

    def get_context(self, repo: str | None = None, budget: int | None = None) -> str:
        """The briefing: Markdown of at most `budget` characters; without `repo`, about all of them."""
        path = calls.path_of("state", "context", repo=repo, budget=budget)
        _, _, body = self._exchange(Attempt(Call("GET", path, headers={"Accept": "text/markdown"}), self.memory))
        return body.decode()

    def follow_events(self, **filters: calls.Query) -> Generator[str]:
        """The revision token of each change, the current one first; ends only by an Unavailable."""
        stream = self._connected(STREAM_TIMEOUT_S)
        try:
            path = self._prefix + calls.path_of("state", "events", **filters)
            stream.request("GET", path, headers={**self.memory.headers, "Accept": "text/event-stream"})
            response = stream.getresponse()
            if response.status != 200:
                raise refusal(response.status, response.read())
            token = told = ""
            while line := response.readline():
                if line.startswith(b"id: "):
                    token = line[4:].decode().strip()
                elif line == b"\n":  # the end of a message, or of a comment
                    if token not in ("", told):  # a change of both sections is two messages
                        told = token
                        self.memory.see(token)
                        yield token
                    token = ""
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the event stream of {self.base_url} broke off") from error
        finally:
            stream.close()
        raise Unavailable(f"the event stream of {self.base_url} ended")

    def export_lines(self) -> Iterator[bytes]:
        """The lines of `/export`, as they come. Raises Unavailable when they end before the last one."""
        stream = self._connected(EXPORT_TIMEOUT_S)
        try:
            stream.request(
                "GET", self._prefix + "/export", headers={**self.memory.headers, "Accept": "application/jsonl"}
            )
            response = stream.getresponse()
            if response.status != 200:
                raise refusal(response.status, response.read())
            line = b""
            rows = -1  # the first line is none
            for line in response:
                yield line
                rows += 1
            if not _is_end(line, rows - 1):
                raise http.client.IncompleteRead(line)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("the export was cut before its end; try again") from error
        finally:
            stream.close()

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        connection = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return connection(self._parts.hostname or "127.0.0.1", self._parts.port, timeout=timeout)

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        """A connection of its own. Raises Unavailable where nobody is: that is another thing than a broken answer."""
        opened = self._open(timeout)
        try:
            opened.connect()
        except OSError as error:
            raise nobody_at(self.base_url) from error
        return opened

    def _exchange(self, attempt: Attempt) -> tuple[int, Message, bytes]:
        while True:
            try:
                status, headers, answer = self._send(attempt)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                time.sleep(attempt.broke(error, answered_before=self._answered))
                continue
            self._answered = True
            if (pause := attempt.answered(status, headers, answer)) is None:
                return status, headers, answer
            time.sleep(pause)

    def _send(self, attempt: Attempt) -> tuple[int, Message, bytes]:
        call, connection = attempt.call, self._connection
        if connection.timeout != call.timeout_s:
            connection.timeout = call.timeout_s
            if connection.sock is not None:
                connection.sock.settimeout(call.timeout_s)
        connection.request(call.method, self._prefix + call.path, attempt.content, attempt.headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def _is_end(line: bytes, rows: int) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return bool(found == {"kind": "end", "rows": rows})
