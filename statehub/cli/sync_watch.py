"""`custodian sync --watch`: a sync at each change of the files or of the hub, until Ctrl-C."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from statehub.cli.text import clean
from statehub.client import Client
from statehub.errors import StateHubError
from statehub.repos.scan import FOLDER

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0
QUIET_MS = 50  # what is saved together is synced together


def follow(client: Client, places: list[tuple[str, Path]], sync: Callable[[], int]) -> None:
    """Sync now, and again whenever something has changed; a hub that is away is waited for."""
    changed = threading.Event()
    stop = threading.Event()
    changed.set()
    threads = [threading.Thread(target=_follow_hub, args=(client, slug, changed), daemon=True) for slug, _ in places]
    threads += [threading.Thread(target=_follow_files, args=(root, changed, stop), daemon=True) for _, root in places]
    for thread in threads:
        thread.start()
    retry_s = FIRST_RETRY_S
    with suppress(KeyboardInterrupt):
        while changed.wait():
            changed.clear()
            try:
                sync()
                retry_s = FIRST_RETRY_S
            except StateHubError as error:
                _say(error.detail)
                time.sleep(retry_s)
                retry_s = min(LAST_RETRY_S, retry_s * 2)
                changed.set()
    stop.set()


def _follow_hub(client: Client, slug: str, changed: threading.Event) -> None:
    """The stream says that something changed, also what was missed while it was away."""
    retry_s = FIRST_RETRY_S
    while True:
        try:
            for _ in client.follow_events(repo=slug, section="core"):
                retry_s = FIRST_RETRY_S
                changed.set()
        except StateHubError:
            time.sleep(retry_s)
            retry_s = min(LAST_RETRY_S, retry_s * 2)


def _follow_files(root: Path, changed: threading.Event, stop: threading.Event) -> None:
    from watchfiles import Change, watch

    folder = root / FOLDER

    def is_ours(_: Change, path: str) -> bool:
        place = Path(path)
        return place == folder or (place.is_relative_to(folder) and not place.name.startswith("."))

    while not stop.is_set():  # workplans/ itself may come and go
        deep = folder.is_dir()
        place = folder if deep else root
        with suppress(FileNotFoundError):  # it went in this very moment
            for changes in watch(place, watch_filter=is_ours, step=QUIET_MS, stop_event=stop, recursive=deep):
                changed.set()
                # one that was made anew at once has the name, perhaps the number too, and nobody watches it
                if folder.is_dir() != deep or (Change.deleted, str(folder)) in changes:
                    break


def _say(text: str) -> None:
    print(f"custodian: {clean(text)}", file=sys.stderr, flush=True)
