"""Which hub a command speaks to: the settings', else the one that runs on this data directory."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from statehub.access import AccessToken, path_of, read
from statehub.cli import hubfile
from statehub.client import Client
from statehub.settings import Settings, is_loopback


@contextmanager
def connected_as(agent: str | None) -> Iterator[tuple[Client, str]]:
    """A client of the hub, and who works: the agent that was named, else STATEHUB_AGENT, else the user."""
    name = agent or Settings.load().agent or user()
    with connected(agent) as client:
        yield client, name


@contextmanager
def connected(agent: str | None = None) -> Iterator[Client]:
    """A client of the hub, writing under the agent's name, else STATEHUB_AGENT, else the user's name."""
    settings = Settings.load()
    hub = None if settings.api_url else hubfile.read(settings.data_dir)
    url = hub["api"] if hub else settings.base_url
    token = token_for(settings, url, ours=hub is not None)
    name = agent or settings.agent
    with Client(url, token=token, author=name or user(), author_kind="agent" if name else "human") as client:
        yield client


def token_for(settings: Settings, url: str, *, ours: bool = False) -> str | None:
    """The access token for the hub at `url`; `ours` is known to run on this data directory.

    Whoever answers there is given it. So a hub elsewhere gets one only if STATEHUB_API_URL names it, and then only
    what STATEHUB_API_TOKEN holds: the data directory's tokens are its own hub's, and open that one.
    """
    return next((token.word for token in tokens_for(settings, url, ours=ours)), None)


def tokens_for(settings: Settings, url: str, *, ours: bool = False) -> list[AccessToken]:
    """Every access token that may be sent there, the one that is sent first."""
    here = ours or is_loopback(urlsplit(url).hostname or "")
    given = settings.api_token if here or settings.api_url else ()
    return [*given, *(_readable(settings.data_dir) if here else ())]


def _readable(data_dir: Path) -> list[AccessToken]:
    """The tokens of that directory; none where it is not for us to read."""
    try:
        path_of(data_dir).open("rb").close()
    except OSError:
        return []
    return read(data_dir)


def user() -> str:
    """The user's name; a container's uid may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
