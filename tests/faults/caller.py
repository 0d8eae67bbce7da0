"""One client of one process: a connection that is kept, every request timed and judged."""

import gzip
import http.client
import json
import time
from typing import Any

from tests.faults.checker import LIMIT_S, Checker, Seen
from tests.running import JSON, SUMMARY, Answer

IDLE_S = 2.0  # the server closes what idles for 5 s


class Caller:
    """Not safe for threads, as a client is."""

    def __init__(self, port: int, checker: Checker, process: int = 0) -> None:
        self.port, self.checker, self.process = port, checker, process
        self._connection = self._open()
        self._used = time.monotonic()

    def call(self, method: str, path: str, document: Any = None, **headers: str) -> Answer:
        """The answer, once it was seen to keep the rules for all: in time, and no 5xx but 503."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if document is None else json.dumps(document).encode()
        if body is not None:
            sent["Content-Type"] = JSON
        if time.monotonic() - self._used > IDLE_S:
            self.start_anew()
        asked = time.monotonic()
        try:
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.start_anew()
            self.checker.wrong(f"{method} {path} broke off after {time.monotonic() - asked:.1f} s: {error!r}")
            return Answer(0, {}, b"")
        self._used = time.monotonic()
        what = "/".join(path.split("?")[0].split("/")[:3]) if path.startswith("/state/") else "/" + path.split("/")[1]
        if "refresh" in path:
            what += "?refresh"
        elif "X_StateHub_Min_Revision" in headers:
            what += " (min)"
        self.checker.timed(f"{method} {what}", self._used - asked)
        if answer.status >= 500 and answer.status != 503:
            self.checker.wrong(f"{method} {path} answered {answer.status}: {answer.body[:200]!r}")
        if answer.status == 503:
            self.checker.count("503")
            if int(answer.headers.get("Retry-After", "0")) < 1:
                self.checker.wrong(f"{method} {path}: 503 without Retry-After")
        return answer

    def summary(self, query: str = "", **headers: str) -> Seen | None:
        """What the summary says; None when it is unavailable."""
        answer = self.call("GET", SUMMARY + query, **headers)
        if answer.status != 200:
            return None
        body = answer.body
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.checker.aged(self.process, int(answer.headers["Age"]))
        self.checker.count(answer.headers["X-StateHub-Cache"])
        return self.checker.read(body, answer.headers["X-StateHub-Revision"])

    def start_anew(self) -> None:
        """Begin anew with a fresh connection."""
        self.close()
        self._connection = self._open()

    def close(self) -> None:
        self._connection.close()

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S + 5)
