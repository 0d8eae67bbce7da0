"""Listening sockets; and where one cannot be had, by whom the port is taken and which setting chooses another."""

import errno
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from statehub.errors import Conflict, SettingsError, StateHubError

ASK_S = 1.0


@contextmanager
def listen(host: str, port: int, setting: str = "STATEHUB_API_PORT") -> Iterator[socket.socket]:
    """A listening socket. Raises Conflict where the port is taken, SettingsError where it can never be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(1024)
        except OSError as error:
            raise _refusal(error, host, port, setting) from None
        yield listening


def is_hub(host: str, port: int) -> bool:
    """Whether the API of a State Hub answers there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    with closing(http.client.HTTPConnection(here, port, timeout=ASK_S)) as connection:
        try:
            connection.request("GET", "/state/health", headers={"Host": "localhost"})
            found = json.loads(connection.getresponse().read(2**16))
        except (OSError, ValueError, http.client.HTTPException):
            return False
    return isinstance(found, dict) and {"status", "database", "version"} <= found.keys()


def _refusal(error: OSError, host: str, port: int, setting: str) -> StateHubError:
    if error.errno == errno.EACCES:
        return SettingsError(f"this user may not listen on port {port}; choose one above 1023 with {setting}")
    if error.errno != errno.EADDRINUSE:
        return SettingsError(f"the hub cannot be bound to {host} ({error.strerror}); choose another with STATEHUB_HOST")
    from statehub.cli import sockets

    who = sockets.owners(host, port)
    said = f"port {port} on {host} is taken" + (f" by {who}" if who else "")
    if is_hub(host, port):
        said += "; a State Hub answers there, and does not tell its data directory"
    return Conflict(f"{said}; choose another port with {setting}, or 0 for any that is free")
