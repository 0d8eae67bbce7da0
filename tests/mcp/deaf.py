"""A client of MCP that does not read what it is sent, until it is told to: suspended, or hanging."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from tests.mcp.door import Door

WITHIN_S = 20.0
# what its connection takes, on each side; and so many answers are more than that
ROOM_BYTES, ANSWERS = 2**14, 30


class Deaf:
    """One of the older era, by /sse, on a bare connection."""

    def __init__(self, door: Door, connection: socket.socket) -> None:
        self.door, self.connection, self.received = door, connection, b""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        connection.settimeout(WITHIN_S)
        connection.connect(("127.0.0.1", door.port))
        connection.sendall(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.place = self.until(rb"data: (/messages\S+)\s")[1].decode()

    def until(self, said: bytes) -> re.Match[bytes]:
        """Read as far as this."""
        while not (found := re.search(said, self.received)):
            some = self.connection.recv(2**16)
            assert some, "the connection has ended"
            self.received += some
        return found

    def say(self, method: str, number: int | None = None, **params: Any) -> None:
        """Send a request, or a notification; it is not waited for what is answered."""
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
        assert self.door.ask("POST", self.place, message).status == 202

    def subscribe(self, *uris: str) -> None:
        """Begin as the protocol wants it, and be told of these."""
        who = {"name": "deaf", "version": "1"}
        self.say("initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo=who)
        self.until(b'"id":1,')
        self.say("notifications/initialized")
        for number, uri in enumerate(uris, 2):
            self.say("resources/subscribe", number, uri=uri)
            self.until(b'"id":%d,' % number)


@contextmanager
def deaf_to(door: Door) -> Iterator[Deaf]:
    """Such a client of this server."""
    with closing(socket.socket()) as connection:
        yield Deaf(door, connection)


def updated(uri: str) -> bytes:
    """What a client is told when that reads differently."""
    return b'"notifications/resources/updated"[^\n]*"' + re.escape(uri.encode()) + b'"'
