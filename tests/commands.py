"""`custodian` as a process of its own, against a hub of the test."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.hubs import CUSTODIAN

DONE, FAILED, USAGE, UNREACHABLE, CONFLICT, NOTHING = range(6)
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Custodian:
    """Whose home it runs in, and which hub it asks."""

    home: Path
    url: str

    def environment(self, **more: str) -> dict[str, str]:
        """All that it is told; nothing of whoever runs the tests."""
        ours = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "STATEHUB_API_URL": self.url, "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
        }  # fmt: skip
        return ours | more

    def __call__(
        self, *args: str, stdin: str = "", cwd: Path | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """One command, to its end; `more` goes into its environment."""
        return subprocess.run(
            [*CUSTODIAN, *args], env=self.environment(**more), input=stdin, capture_output=True, text=True,
            timeout=60, check=False, cwd=cwd or self.home,
        )  # fmt: skip

    def start(self, *args: str, **more: str) -> "subprocess.Popen[str]":
        """One command, that runs on."""
        return subprocess.Popen(
            [*CUSTODIAN, *args], env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=self.home,
        )  # fmt: skip
