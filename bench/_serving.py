"""What is compared, as processes: a benchmark starts itself again, with `serve NAME FD SOURCE` as its arguments."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path


def cpu_s(pid: int) -> float:
    """CPU time of a process's main thread so far; 0 where /proc doesn't tell, or it is gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


@dataclass(frozen=True)
class Running:
    """A server process."""

    port: int
    pid: int

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer, answer.read()

    def halt(self) -> None:
        """It takes no CPU until it may go on."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """After `halt`."""
        os.kill(self.pid, signal.SIGCONT)

    def cpu_s(self) -> float:
        """CPU time that its main thread took so far; 0 where /proc doesn't tell."""
        return cpu_s(self.pid)


@contextmanager
def running(script: str, name: str, source: str) -> Iterator[Running]:
    """That server as a process, on a free port: what connects before it is up waits in the backlog."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        fd, port = listening.fileno(), listening.getsockname()[1]
        process = subprocess.Popen([sys.executable, script, "serve", name, str(fd), source], pass_fds=[fd])
    server = Running(port, process.pid)
    try:
        yield server
    finally:
        server.go_on()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
