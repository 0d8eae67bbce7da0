"""Progress is drawn on a terminal, when it lasts; else nothing is, and nothing is imported for it."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Database
from tests.hubs import CUSTODIAN
from tests.running import held

ROOT = Path(__file__).parent.parent
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
# goes on with a line on stdin
SCRIPT = """
import sys
from statehub.cli.progress import Progress
with Progress("reading [red]rows[/red]\\x1b[31m", total=10, unit="rows", after_s={after}) as progress:
    progress.advance(7)
    {then}
print("the answer", "rich" in sys.modules)
"""
WAIT = "sys.stdin.readline()"
NEXT = 'sys.stdin.readline(); progress.step("writing", 3 * 2**20, "bytes"); progress.advance(2**20); ' + WAIT


@dataclass
class Screen:
    """A process whose stderr is a terminal."""

    process: "subprocess.Popen[str]"
    terminal: int
    drawn: str = ""

    def until(self, text: str) -> None:
        """Read on until that was drawn."""
        while text not in self.drawn:
            self.drawn += os.read(self.terminal, 4096).decode()

    def go_on(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """What it printed, when it has ended well."""
        assert self.process.stdout
        with suppress(OSError):  # Linux's way to say that nobody writes any more
            while some := os.read(self.terminal, 4096):
                self.drawn += some.decode()
        said = self.process.stdout.read()
        assert self.process.wait(20) == 0, self.drawn
        return said


def screen(script: str, **more: str) -> AbstractContextManager[Screen]:
    return shown([sys.executable, "-c", script], **more)


@contextmanager
def shown(words: list[str], **more: str) -> Iterator[Screen]:
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "90", "LANG": "C.UTF-8"}
    ours, theirs = pty.openpty()
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=theirs, env=plain | more, text=True) as process:
        os.close(theirs)
        try:
            yield Screen(process, ours)
        finally:
            process.kill()
            os.close(ours)


def test_what_lasts_is_drawn_and_is_gone_before_the_answer() -> None:
    with screen(SCRIPT.format(after=0, then=NEXT)) as there:
        there.until("7 of 10 rows")
        there.go_on()
        there.until("1.0 of 3.0 MiB")
        there.go_on()
        assert there.answer() == "the answer True\n"
    assert "reading [red]rows[/red][31m" in there.drawn
    assert "writing" in there.drawn
    assert there.drawn.count(HIDE) == there.drawn.count(SHOW) == 1
    assert there.drawn.rstrip().endswith("\x1b[2K"), "the line is cleared"


def test_what_is_soon_over_draws_nothing_and_imports_nothing() -> None:
    with screen(SCRIPT.format(after=3600, then="")) as there:
        assert there.answer() == "the answer False\n"
    assert there.drawn == ""


def test_a_terminal_that_cannot_draw_is_left_alone() -> None:
    with screen(SCRIPT.format(after=0, then=""), TERM="dumb") as there:
        assert there.answer() == "the answer False\n"
    assert there.drawn == ""


def test_without_a_terminal_nothing_is_drawn() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(after=0, then=WAIT)], input="\n", capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT)}, timeout=20, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("the answer False\n", "")


def test_without_colour_it_is_drawn_without_colour() -> None:
    with screen(SCRIPT.format(after=0, then=WAIT), NO_COLOR="1") as there:
        there.until("7 of 10 rows")
        there.go_on()
        there.answer()
    assert "\x1b[3" not in there.drawn


def test_what_lasts_is_one_line_where_nobody_looks() -> None:
    script = """
from statehub.cli.progress import telling
import sys, threading
with telling("making a [b]database[/b]", after_s={after}):
    {then}
"""
    said = "import time\n    while not [t for t in threading.enumerate() if t.name.startswith('Thread')] == []: pass"
    for after, then, told in ((0, said, "custodian: making a [b]database[/b]\n"), (3600, "pass", "")):
        done = subprocess.run(
            [sys.executable, "-c", script.format(after=after, then=then)], capture_output=True, text=True,
            env={"PYTHONPATH": str(ROOT)}, timeout=20, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, "", told)


def test_what_is_done_may_be_read_and_what_cannot_be_read_yet_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "file"
    then = f"from pathlib import Path; file = Path({str(file)!r}); "
    then += 'progress.step("writing", unit="bytes", read=lambda: file.stat().st_size); ' + WAIT
    then += "; file.write_bytes(bytes(3 * 2**20)); " + WAIT
    with screen(SCRIPT.format(after=0, then=then)) as there:
        there.until("writing")
        there.go_on()
        there.until("3.0 MiB")
        there.go_on()
        there.answer()


def test_a_backup_that_has_to_wait_says_what_it_does(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "hub.dump"
    with (
        held(database) as release,
        shown([*CUSTODIAN, "backup", str(target)], HOME=str(tmp_path), STATEHUB_DATABASE_URL=database.url) as there,
    ):
        there.until("writing hub.dump")
        release()
        assert there.answer().startswith(f"{target} has the hub")
