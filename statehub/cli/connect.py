"""Which hub a command speaks to: the settings', else the one that runs on this data directory."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from statehub.cli import hubfile
from statehub.client import Client
from statehub.settings import Settings


@contextmanager
def connected() -> Iterator[Client]:
    """A client of the hub, writing under STATEHUB_AGENT, else the user's name."""
    settings = Settings.load()
    hub = None if settings.api_url else hubfile.read(settings.data_dir)
    kind = "agent" if settings.agent else "human"
    with Client(hub["api"] if hub else settings.base_url, author=settings.agent or user(), author_kind=kind) as client:
        yield client


def user() -> str:
    """The user's name; a container's uid may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
