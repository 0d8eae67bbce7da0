"""A whole hub as a user starts it: `custodian up --detach` on a data directory of its own."""

import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CUSTODIAN = [sys.executable, "-m", "statehub.cli.main"]
# real data that is not part of the project; tests on it skip where it is missing
REAL_DATA = Path(__file__).parent.parent.parent / "shared" / "data"


# below the ports that systems give to who names none: no connection of another test takes one that is free for a while
PORTS = range(15_000, 30_000)


def free_port() -> int:
    """A port that nobody listens on right now, and nobody gets by chance later."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True)
class Hub:
    """Its data directory and port; `run` is the CLI with its settings."""

    data_dir: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
        return ours | {
            "STATEHUB_DATA_DIR": str(self.data_dir),
            "STATEHUB_API_PORT": str(self.port),
            "STATEHUB_MCP_PORT": "0",
            "STATEHUB_DASHBOARD_PORT": "0",
            "XDG_CONFIG_HOME": str(self.data_dir / "config"),
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }

    def run(self, *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            [*CUSTODIAN, *args], env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
