"""`custodian status`, once, or with `--watch` following the event stream; nothing is polled."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from statehub import calls
from statehub.cli.columns import colours, width_of_output
from statehub.cli.status import Screen, lines_of
from statehub.cli.text import clean
from statehub.client import Client
from statehub.errors import StateHubError, Unavailable

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0
MOST_CLAIMS = 100
OTHER_SCREEN, FIRST_SCREEN, ANEW = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H\x1b[2J"


def show_status(client: Client) -> None:
    """Print it once."""
    print("\n".join(_screen(client, client.get_summary(), fills=False)))


def watch_status(client: Client, *, as_json: bool) -> None:
    """Draw the status at each change until Ctrl-C; with `as_json`, one summary a line. Waits for a hub that is away."""
    with suppress(KeyboardInterrupt):
        if as_json:
            _follow(client, lambda body: print(body.decode(), flush=True), lambda error: print(error, file=sys.stderr))
            return
        with _drawing() as draw:

            def away(error: StateHubError) -> None:
                draw(lambda: [clean(error.detail), "waiting for it to come back"])

            _follow(client, lambda body: draw(lambda: _screen(client, body, fills=True)), away)


def _screen(client: Client, body: bytes, *, fills: bool) -> list[str]:
    """Its lines. `fills`: it must fit the height of the terminal, too."""
    claims = client.do(calls.list_claims(limit=MOST_CLAIMS))["items"]
    health = client.do(calls.get_health())
    height = shutil.get_terminal_size().lines if fills and sys.stdout.isatty() else None
    screen = Screen(width_of_output(), height, colours())
    return lines_of(json.loads(body), health, claims, client.base_url, screen)


@contextmanager
def _drawing() -> Iterator[Callable[[Callable[[], list[str]]], None]]:
    """A function that draws what it is given, again when the terminal changes its size; elsewhere it prints."""
    if not sys.stdout.isatty():
        yield lambda lines: print("\n".join(lines()) + "\n", flush=True)
        return
    last: list[str] = []
    due = drawing = False

    def draw(lines: Callable[[], list[str]]) -> None:
        last[:] = lines()
        put()

    def put() -> None:
        nonlocal due, drawing
        due = True
        if drawing:  # resized while a slow terminal is written to: stdout is not re-entrant, and who writes sees it
            return
        while due:
            due, drawing = False, True
            sys.stdout.write(ANEW + "\r\n".join(last))
            sys.stdout.flush()
            drawing = False

    before = signal.signal(signal.SIGWINCH, lambda *_: put())
    sys.stdout.write(OTHER_SCREEN)
    try:
        yield draw
    finally:
        signal.signal(signal.SIGWINCH, before)
        sys.stdout.write(FIRST_SCREEN)
        sys.stdout.flush()


def _follow(client: Client, draw: Callable[[bytes], object], away: Callable[[StateHubError], object]) -> None:
    retry_s = FIRST_RETRY_S
    while True:
        try:
            shown = None
            for _token in client.follow_events():
                # the summary includes what the event told of: the client sends the token along
                if (body := client.get_summary()) != shown:
                    draw(body)
                    shown = body
                retry_s = FIRST_RETRY_S
        except Unavailable as error:
            away(error)
            time.sleep(retry_s)
            retry_s = min(LAST_RETRY_S, retry_s * 2)
