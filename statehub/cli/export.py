"""`custodian export --output`: a file that is whole, or is not there."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from statehub.cli.progress import Progress
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
        with os.fdopen(handle, "wb") as file, _counted() as progress:
            for line in client.export_lines():
                file.write(line)
                progress.advance()
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        raise StateHubError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    return progress.done - 2  # without the first and the last


def print_export(client: Client) -> None:
    """The lines, as they come."""
    if sys.stdout.isatty():  # who sees them needs no bar between them
        for line in client.export_lines():
            sys.stdout.buffer.write(line)
        return
    with _counted() as progress:
        for line in client.export_lines():
            sys.stdout.buffer.write(line)
            progress.advance()


def _counted() -> Progress:
    return Progress("export", unit="rows")
