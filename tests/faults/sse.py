"""A client of /state/events that a test can read, or let wait."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Client:
    """One open stream."""

    connection: socket.socket
    received: bytes = b""
    head: bytes = b""

    def message(self, within_s: float = 20.0) -> str | None:
        """The next message or comment; None when none came in time, or the stream has ended."""
        deadline = time.monotonic() + within_s
        while b"\n\n" not in self.received:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.connection.settimeout(left)
            try:
                some = self.connection.recv(2**16)
            except TimeoutError:
                return None
            if not some:
                return None
            self.received += some
        message, _, self.received = self.received.partition(b"\n\n")
        # the sizes of chunks stand between
        return "\n".join(line for line in message.decode().split("\n") if ": " in line)

    def change(self, within_s: float = 20.0) -> dict[str, Any] | None:
        """The next change: {id, section, revision}; comments are passed over."""
        deadline = time.monotonic() + within_s
        while (message := self.message(max(0.0, deadline - time.monotonic()))) is not None:
            fields = dict(line.split(": ", 1) for line in message.split("\n") if not line.startswith(":"))
            if fields:
                assert fields["event"] == "change"
                return {"id": fields["id"], **json.loads(fields["data"])}
        return None

    def first(self, *sections: str) -> dict[str, dict[str, Any]]:
        """The current revisions, which come first."""
        found = [self.change() for _ in sections or ("core", "progress")]
        return {told["section"]: told for told in found if told}

    @property
    def status(self) -> int:
        return int(self.head.split()[1])


@contextmanager
def following(
    port: int, query: str = "", *headers: str, buffer: int | None = None, prefix: str = ""
) -> Iterator[Client]:
    """A client whose answer has begun; `prefix` stands before the path."""
    with socket.socket() as connection:
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", port))
        lines = [f"GET {prefix}/state/events{query} HTTP/1.0", "Host: localhost", *headers]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        received = b""
        while b"\r\n\r\n" not in received:
            some = connection.recv(2**12)
            assert some, "it ended at once"
            received += some
        head, _, rest = received.partition(b"\r\n\r\n")
        yield Client(connection, rest, head)
