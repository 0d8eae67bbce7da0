"""Keeps one ssh running: starts it again when it ends, later each time; and knows processes that it started."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge_config import Bridge

LAST_WAIT_S = 60.0
STEADY_S = 30.0  # who was up that long begins with the first wait again
LOOK_EVERY_S = 0.25
STOP_WITHIN_S = 5.0
MAX_LOG = 2**20


@dataclass(frozen=True)
class Process:
    """A process, and when it began: a pid alone may be somebody else's by now."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Process:
        return cls(pid, began(pid))

    def lives(self) -> bool:
        return bool(self.began) and began(self.pid) == self.began

    def end(self) -> None:
        """Ask it to, then insist; nothing happens to another process that has its pid."""
        deadline = time.monotonic() + STOP_WITHIN_S
        kind = signal.SIGTERM
        while self.lives():
            try:
                os.kill(self.pid, kind)
            except ProcessLookupError:
                return
            while self.lives() and time.monotonic() < deadline:
                time.sleep(0.02)
            kind = signal.SIGKILL


def began(pid: int) -> str:
    """When that process began, and since which boot that counts; "" where it does not run."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if told[0] in ("Z", "X"):
            return ""
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {told[19]}"
    except (OSError, IndexError):
        if Path("/proc/self").exists():
            return ""
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


@dataclass
class State:
    """What the keeper of a bridge writes down for who asks."""

    keeper: Process
    host: str
    command: list[str]
    forwards: list[str]
    ssh: Process | None = None
    is_up: bool = False
    since: float = field(default_factory=time.time)
    ended: int = 0
    said: str = ""

    @classmethod
    def read(cls, file: Path) -> State | None:
        """None where there is none, or it is not readable as one."""
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            found["keeper"] = Process(**found["keeper"])
            found["ssh"] = Process(**found["ssh"]) if found["ssh"] else None
            return cls(**found)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, file: Path) -> None:
        aside = file.with_suffix(".new")
        aside.write_text(json.dumps(asdict(self)), encoding="utf-8")
        aside.replace(file)


@dataclass
class Keeper:
    """`file` is where the state is; beside it the log, and the lock that one keeper holds."""

    bridge: Bridge
    file: Path
    first_wait_s: float
    # set by signals; no threading.Event, whose lock the interrupted code may hold
    stopping: bool = False
    up: bool = False

    def run(self) -> None:
        """Until SIGTERM."""
        with self.file.with_suffix(".lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if (before := State.read(self.file)) and before.ssh:
                before.ssh.end()  # its keeper was killed
            for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(kind, lambda *_: setattr(self, "stopping", True))
            signal.signal(signal.SIGUSR1, lambda *_: setattr(self, "up", True))
            command = self.bridge.command(f"kill -USR1 {os.getpid()}")
            mine = Process.of(os.getpid())
            state = State(mine, self.bridge.host, command, [str(forward) for forward in self.bridge.forwards])
            failures = 0
            while not self.stopping:
                failures = 0 if self._run_once(state) else failures + 1
                again = time.monotonic() + min(LAST_WAIT_S, self.first_wait_s * 2.0 ** min(max(failures - 1, 0), 10))
                while not self.stopping and time.monotonic() < again:
                    time.sleep(min(LOOK_EVERY_S, self.first_wait_s))
            self.file.unlink(missing_ok=True)

    def _run_once(self, state: State) -> bool:
        """One ssh from begin to end; whether it was up for long."""
        log = self.file.with_suffix(".log")
        if log.exists() and log.stat().st_size > MAX_LOG:
            log.replace(log.with_suffix(".log.1"))
        self.up = False
        with log.open("ab") as output:
            at = output.tell()
            ssh = subprocess.Popen(state.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        state.ssh, state.is_up, state.since = Process.of(ssh.pid), False, time.time()
        state.write(self.file)
        while ssh.poll() is None and not self.stopping:
            time.sleep(LOOK_EVERY_S)
            if self.up and not state.is_up:
                state.is_up, state.since = True, time.time()
                state.write(self.file)
        steady = state.is_up and time.time() - state.since > STEADY_S
        if ssh.poll() is None:
            ssh.terminate()
            try:
                ssh.wait(STOP_WITHIN_S / 2)
            except subprocess.TimeoutExpired:
                ssh.kill()
        code = ssh.wait()
        lines = log.read_bytes()[at:].decode(errors="replace").strip().splitlines()
        state.ssh, state.is_up, state.since, state.ended = None, False, time.time(), state.ended + 1
        state.said = lines[-1] if lines else f"ssh ended with {code}"
        state.write(self.file)
        return steady
