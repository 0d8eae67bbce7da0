"""The parts of a hub are processes: started with a listening socket that was opened for them, looked after, stopped.

The supervisor opens the socket and hands it down, so a part that is restarted
refuses no connection, and several parts can share one.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

STOP_WITHIN_S = 15.0
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 10.0
LOOK_EVERY_S = 0.1


class LookedAfter(Protocol):
    """Something that can die, and be brought back."""

    def look_after(self) -> None:
        """Called again and again; must not wait long."""


@dataclass
class Part:
    """A process of the hub and the command that starts it."""

    name: str
    command: list[str]
    listening: socket.socket
    environment: dict[str, str]
    guard: int | None = None  # a locked file that it holds while it lives
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    next_start: float = 0.0
    started_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it with its socket, and a pipe as stdin whose end tells it that we are gone."""
        self.process = subprocess.Popen(
            [*self.command, "--fd", str(self.listening.fileno()), "--with-parent"],
            stdin=subprocess.PIPE,
            pass_fds=[self.listening.fileno(), *([] if self.guard is None else [self.guard])],
            env=self.environment,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        self.started_at = time.monotonic()

    def look_after(self) -> None:
        """Start it again when it has died, later each time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.next_start:
                self.start()
            return
        if (code := self.process.poll()) is None:
            if now - self.started_at > LAST_RETRY_S:
                self.failures = 0
            return
        wait = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self.failures, 10))
        say(f"{self.name} ended with {code}; starting it again in {wait:.1f} s")
        self.process, self.failures, self.next_start = None, self.failures + 1, now + wait

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            say(f"{self.name} did not end within {STOP_WITHIN_S:.0f} s; killed")
            self.process.kill()
            self.process.wait()


def api_part(listening: socket.socket, environment: dict[str, str], name: str = "api") -> Part:
    """One API process."""
    return Part(name, [sys.executable, "-m", "statehub.cli.main", "serve"], listening, environment)


def mcp_part(listening: socket.socket, environment: dict[str, str]) -> Part:
    """The MCP server; it finds the API by the hub's file."""
    return Part("mcp", [sys.executable, "-m", "statehub.cli.main", "mcp"], listening, environment)


def dashboard_part(listening: socket.socket, environment: dict[str, str]) -> Part:
    """The dashboard; it finds the API by the hub's file."""
    return Part("dashboard", [sys.executable, "-m", "statehub.cli.main", "dashboard"], listening, environment)


def look_after(parts: Sequence[LookedAfter], stopping: list[int]) -> None:
    """Look after all of them until somebody wants us to stop."""
    while not stopping:
        for part in parts:
            part.look_after()
        time.sleep(LOOK_EVERY_S)


def say(text: str) -> None:
    """A line for people."""
    print(f"custodian: {text}", file=sys.stderr, flush=True)


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """A list that is empty until somebody wants us to stop."""
    caught: list[int] = []
    kinds = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it: the terminal may go
        kinds.append(signal.SIGHUP)
    before = [signal.signal(kind, lambda number, _frame: caught.append(number)) for kind in kinds]
    try:
        yield caught
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
