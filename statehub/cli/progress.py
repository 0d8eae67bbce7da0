"""A progress bar on stderr: on a terminal only, and only for what takes longer than a second."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from statehub.cli.text import clean

SHOWN_AFTER_S = 1.0
DRAWN_EVERY_S = 0.1


class Progress:
    """`with Progress("import", total=rows, unit="rows") as progress:`, then `progress.advance()` for each.

    `total` may be None, or come later: then the bar only moves. What is drawn is gone when it is done; where nobody
    looks, or nothing lasts, rich is not imported. `advance` costs an addition; `read` is asked how much is done by
    something that cannot say so itself.
    """

    def __init__(self, what: str, total: int | None = None, unit: str = "", after_s: float = SHOWN_AFTER_S) -> None:
        self.step(what, total, unit)
        self._after_s = after_s
        self._over = threading.Event()
        self._drawer = threading.Thread(target=self._draw, name="progress", daemon=True) if is_seen() else None

    def __enter__(self) -> Self:
        if self._drawer:
            self._drawer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._drawer:
            self._drawer.join()

    def advance(self, amount: int = 1) -> None:
        """So many units more are done."""
        self.done += amount

    def step(self, what: str, total: int | None = None, unit: str = "", read: Callable[[], int] | None = None) -> None:
        """Something else is done from now on, and counted from 0."""
        self.what, self.total, self.unit, self.done, self._read = what, total, unit, 0, read

    def _draw(self) -> None:
        if self._over.wait(self._after_s):
            return
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        plain = TextColumn("{task.description}", markup=False)
        counted = TextColumn("{task.fields[counted]}", markup=False)
        bars = Bars(
            plain, BarColumn(), counted, TimeElapsedColumn(), console=Console(stderr=True), transient=True,
            auto_refresh=False, redirect_stdout=False,
        )  # fmt: skip
        with bars:
            bar = bars.add_task(clean(self.what), total=self.total, counted="")
            while True:
                with suppress(OSError):  # a file that is not there yet, or no longer
                    self.done = self._read() if self._read else self.done
                bars.update(
                    bar, description=clean(self.what), total=self.total, completed=self.done, counted=self._counted()
                )
                bars.refresh()
                if self._over.wait(DRAWN_EVERY_S):
                    return

    def _counted(self) -> str:
        if not self.done and self.total is None:
            return ""
        if self.unit == "bytes":
            scale = 2.0**20
            of = f" of {self.total / scale:,.1f}" if self.total is not None else ""
            return f"{self.done / scale:,.1f}{of} MiB"
        of = f" of {self.total:,}" if self.total is not None else ""
        return f"{self.done:,}{of} {self.unit}".rstrip()


def is_seen() -> bool:
    """Whether somebody looks at stderr: a terminal that can draw."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def telling(what: str, after_s: float = SHOWN_AFTER_S) -> Iterator[None]:
    """Say what is done, when it lasts: drawn on a terminal, else one line on stderr."""
    if is_seen():
        with Progress(what, after_s=after_s):
            yield
        return
    late = threading.Timer(after_s, print, [f"custodian: {what}"], {"file": sys.stderr, "flush": True})
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
