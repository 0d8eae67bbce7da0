"""`custodian export --output`: a file that is whole, or is not there."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from statehub.client import Client
from statehub.errors import StateHubError


def export_to_file(client: Client, target: Path) -> int:
    """Write beside the target, then rename; the number of rows. What was there stays, unless all of it came."""
    try:
        handle, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise StateHubError(f"{target} cannot be written: {error.strerror}") from None
    aside = Path(name)
    try:
        lines = 0
        with os.fdopen(handle, "wb") as file:
            for line in client.export_lines():
                file.write(line)
                lines += 1
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        raise StateHubError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    return lines - 2  # without the first and the last
