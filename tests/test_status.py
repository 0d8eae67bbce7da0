"""`custodian status`: what a person sees, at any width."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from statehub.cli.columns import cells_of
from statehub.cli.status import Screen, lines_of
from tests.commands import DONE, Custodian
from tests.hubs import CUSTODIAN
from tests.running import Hub, eventually

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEALTH = {"status": "ok", "database": "up"}


def at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat()


def summary(rows: int = 30, text: str = "A title of some length, as they are") -> dict[str, Any]:
    decision = {"status": "open", "escalation_note": None, "created_at": at(days=3), "title": text}
    return {
        "totals": {
            "workstreams": {"total": 3, "active": 3, "finished": 0},
            "tasks": {"total": 463, "todo": 6, "wait": 1, "progress": 3, "done": 452, "cancel": 1},
        },
        "blocking_decisions": [
            {**decision, "code": "DEC-0001", "due_at": None},
            {**decision, "code": "DEC-0002", "due_at": at(days=-2)},
            {**decision, "code": "DEC-0003", "due_at": at(days=4)},
        ],
        "waiting_tasks": [
            {"code": f"W-T{n:02}", "title": text, "waiting_on": text, "updated_at": at(hours=5), "assignee": text}
            for n in range(rows)
        ],
        "open_workstreams": [
            {"code": "W-1", "status": "active", "title": text, "owner": text, "tasks": {"done": 1, "total": 9}}
        ],
        "recent_progress": [{"occurred_at": at(seconds=9), "author": text, "summary": text} for _ in range(rows)],
        "truncated": {"waiting_tasks": {"total": 700, "href": ""}},
    }  # fmt: skip


def claims(text: str = "A title") -> list[dict[str, Any]]:
    return [
        {"task": "W-T01", "claimed_by": "claude-7", "lease_expires_at": at(minutes=-5), "title": text},
        {"task": "W-T02", "claimed_by": "codex-1", "lease_expires_at": at(minutes=7), "title": text},
    ]


def drawn(found: dict[str, Any], screen: Screen) -> list[str]:
    return lines_of(found, HEALTH, claims(), "http://127.0.0.1:8000", screen, NOW)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_line_fits_and_what_is_overdue_comes_first(width: int) -> None:
    lines = drawn(
        summary(text="漢字 of some length that is longer than any screen is wide"), Screen(width, None, False)
    )
    assert max(map(cells_of, lines)) <= width
    decisions = lines[lines.index("Blocking decisions 3") + 1 :][:3]
    assert [line.split()[0] for line in decisions] == ["DEC-0003", "DEC-0002", "DEC-0001"]
    assert decisions[0].startswith("  DEC-0003  overdue 4 d  ")
    assert decisions[1].startswith("  DEC-0002  due in 2 d   ")


def test_who_holds_what_and_for_how_long_is_told() -> None:
    lines = drawn(summary(), Screen(100, None, False))
    held = lines[lines.index("Held tasks 2") + 1 :][:2]
    assert held == ["  W-T01  claude-7  5 min left         A title", "  W-T02  codex-1   ran out 7 min ago  A title"]


@pytest.mark.parametrize("height", [24, 30, 38])
def test_a_screen_is_filled_and_not_more(height: int) -> None:
    lines = drawn(summary(), Screen(80, height, False))
    assert height - 3 <= len(lines) < height
    assert any(line.startswith("Waiting tasks 700, the first ") for line in lines)


def test_an_empty_hub_is_told_in_a_line() -> None:
    nothing = summary(0) | {"blocking_decisions": [], "open_workstreams": [], "truncated": {}}
    lines = lines_of(nothing, HEALTH, [], "http://127.0.0.1:8000", Screen(100, None, False), NOW)
    assert lines[-1] == "none: blocking decisions, waiting tasks, held tasks, open workplans, recent progress"


def test_marks_change_no_letter_and_hostile_text_is_inert() -> None:
    found = summary(text="\x1b[31mred\x07 [bold]b[/] \u202eover")
    plain = drawn(found, Screen(80, None, False))
    marked = drawn(found, Screen(80, None, True))
    assert [re.sub("\x1b\\[[0-9;]+m", "", line) for line in marked] == plain
    assert not any(ord(char) < 32 or char == "\u202e" for line in plain for char in line)
    assert "\x1b[1;35moverdue 4 d" in "".join(marked)


def test_status_at_a_terminal_is_drawn_again_at_each_change(hub: Hub, custodian: Custodian) -> None:
    near, far = pty.openpty()
    environment = custodian.environment(COLUMNS="80", LINES="24", TERM="xterm")
    # who runs the tests in the background has Ctrl-C ignored, and so would what they start
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*CUSTODIAN, "status", "--watch"], env=environment, stdout=far, stderr=far, preexec_fn=listens
    ) as process:
        os.close(far)
        shown = b""

        def has(words: bytes) -> bool:
            nonlocal shown
            with suppress(OSError):  # nobody writes any more
                while select.select([near], [], [], 0)[0]:
                    shown += os.read(near, 4096)
            return words in shown

        try:
            eventually(lambda: has(b"State Hub") or None, "it draws", within_s=20)
            hub.created("/progress", summary="Something new")
            eventually(lambda: has(b"Something new") or None, "it draws again", within_s=20)
            process.send_signal(signal.SIGINT)
            eventually(lambda: has(b"\0") or process.poll() is not None or None, "it ends", within_s=20)
        finally:
            process.kill()
            code = process.wait()
        has(b"")
        os.close(near)
    assert code == DONE
    assert shown.startswith(b"\x1b[?1049h")
    assert shown.endswith(b"\x1b[?1049l")


# one screen is more than a terminal takes before somebody reads
DRAWS = """
from statehub.cli import watch
with watch._drawing() as draw:
    draw(lambda: ["x" * 200] * 5000)
"""


def test_a_terminal_that_is_resized_while_it_is_written_to_is_drawn_again() -> None:
    near, far = pty.openpty()
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # it writes otherwise
    with subprocess.Popen([sys.executable, "-c", DRAWS], env=ours, stdout=far, stderr=subprocess.PIPE) as process:
        os.close(far)
        shown = os.read(near, 1)  # so it has begun to write, and cannot end yet
        process.send_signal(signal.SIGWINCH)
        with suppress(OSError):  # nobody writes any more
            while some := os.read(near, 2**16):
                shown += some
        said = process.communicate(timeout=20)[1]
    os.close(near)
    assert said == b""
    assert process.returncode == DONE
    assert shown.count(b"\x1b[2J") == 2
    assert shown.rpartition(b"\x1b[2J")[2].count(b"x" * 200) == 5000
    assert shown.endswith(b"\x1b[?1049l")


def test_status_elsewhere_has_no_marks_and_imports_no_rich(hub: Hub, custodian: Custodian) -> None:
    done = custodian("status", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == DONE
    assert "\x1b" not in done.stdout
    assert not re.search(r"\| +(rich|pydantic|httpx2)\.", done.stderr)
