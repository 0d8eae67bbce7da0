"""The address of the dashboard, with the key that lets a browser in where the hub has access tokens."""

import json

from statehub import access
from statehub.cli import hubfile
from statehub.dashboard.keys import PARAMETER, key_of
from statehub.settings import Settings, url_of


def link(settings: Settings, url: str, name: str | None = None) -> str:
    """With the key of that name's token, else of the first, if there is any. Raises NotFound for a name without one."""
    tokens = [*settings.api_token, *access.read(settings.data_dir)]
    chosen = tokens if name is None else access.select(tokens, name)
    return f"{url}/?{PARAMETER}={key_of(chosen[0])}" if chosen else f"{url}/"


def shown(settings: Settings, url: str, *, private: bool) -> str:
    """The same for a line that is printed; not `private`: to a log, which is no place for a key."""
    address = link(settings, url)
    if private or address == f"{url}/":
        return address
    return f"{url}/ (custodian dashboard --link prints the address with its key)"


def print_link(name: str | None, *, as_json: bool) -> None:
    """Where the dashboard of this data directory is, or would be."""
    settings = Settings.load()
    hub = hubfile.read(settings.data_dir)
    url = hub.get("dashboard") if hub else None
    address = link(settings, url or url_of(settings.host, settings.dashboard_port), name)
    print(json.dumps({"schema": "custodian/dashboard/1", "url": address}) if as_json else address)
