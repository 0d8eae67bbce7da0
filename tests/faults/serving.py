"""`custodian serve` with a heartbeat that tests can wait for; nothing else differs."""

import os
from functools import partial
from typing import Any

from statehub import app
from statehub.cli.serve import serve
from statehub.listener import Listener


def main() -> None:
    """Serve until SIGTERM, with the settings of the environment."""
    there: Any = app
    there.Listener = partial(Listener, heartbeat_s=float(os.environ["FAULTS_HEARTBEAT_S"]))
    serve()


if __name__ == "__main__":
    main()
