"""`custodian status --watch`: the screen follows the event stream; nothing is polled."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from rich.console import Group
from rich.live import Live
from rich.text import Text

from statehub import calls
from statehub.cli.show import status_of
from statehub.client import Client
from statehub.errors import StateHubError, Unavailable

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0


def watch_status(client: Client, *, as_json: bool) -> None:
    """Draw the status at each change until Ctrl-C; with `as_json`, one summary a line. Waits for a hub that is away."""
    with suppress(KeyboardInterrupt):
        if as_json:
            _follow(client, lambda body: print(body.decode(), flush=True), lambda error: print(error, file=sys.stderr))
            return
        with Live(screen=sys.stdout.isatty(), auto_refresh=False, vertical_overflow="crop") as live:

            def draw(body: bytes) -> None:
                live.update(status_of(json.loads(body), client.do(calls.get_health()), client.base_url), refresh=True)

            def away(error: StateHubError) -> None:
                live.update(
                    Group(Text(error.detail, style="yellow"), Text("waiting for it to come back")), refresh=True
                )

            _follow(client, draw, away)


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
