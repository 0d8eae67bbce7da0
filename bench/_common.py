"""What the benchmarks share: a server of their own, paired ratios, and the report.

The server is set up as an embedded hub has it, fsync included, on disk: a benchmark of commits in memory
would flatter every trigger. `STATEHUB_TEST_PG` chooses its version, as in the tests.
"""

import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from statehub import embedded, schema

PG_VERSION = int(os.environ.get("STATEHUB_TEST_PG", "18"))
OWNER = "-c role=statehub_owner -c search_path=statehub"
API = "-c role=statehub_api -c search_path=statehub"
IN_MEMORY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Options for a benchmark that commits nothing it measures."""
_WIDTH = 130
_ON_DISK = Path("/var/tmp")  # noqa: S108  (/tmp is memory on many machines; a directory of our own is made)


@contextmanager
def temporary_server(options: Mapping[str, str] | None = None) -> Iterator[embedded.Server]:
    """A server in a new directory on disk; both are gone afterwards, also on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    place = Path(tempfile.mkdtemp(prefix="statehub-bench-", dir=_ON_DISK if _ON_DISK.is_dir() else None))
    place.chmod(0o755)  # root runs the server as another user
    try:
        yield embedded.start(place, version=PG_VERSION, options=options)
    finally:
        embedded.stop(place, mode="immediate")
        shutil.rmtree(place)


def make_database(server: embedded.Server, name: str = "statehub") -> str:
    """The URL of a database of that server at head, and seeded."""
    url = embedded.start(server.data_dir, dbname=name).url(name)
    schema.migrate(url)
    schema.seed(url)
    return url


def connect(url: str, options: str = OWNER) -> psycopg.Connection[tuple[object, ...]]:
    """A connection in autocommit mode, as the owner unless told otherwise."""
    return psycopg.connect(url, autocommit=True, options=options)


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of ratios of measurements taken side by side: what slows the machine for a while slows both."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def spread(values: Sequence[float]) -> str:
    """Median, with the smallest and the largest: `1,234 (1,100 to 1,300)`."""
    return f"{_digits(statistics.median(values))} ({_digits(min(values))} to {_digits(max(values))})"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of them do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def report(
    bench: str,
    question: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    ratios: Mapping[str, float],
    figures: Mapping[str, float],
) -> None:
    """A table for people, then one line of JSON for programs, the last of stdout."""
    table = Table(*columns, title=question, title_justify="left", title_style="bold", caption_justify="left")
    table.caption = "  ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
    rounded = {
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "figures": {name: round(value, 3) for name, value in figures.items()},
    }
    print(json.dumps({"bench": bench, **rounded}), flush=True)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
