"""Where the hub may be bound: beyond loopback only with an access token."""

from statehub import access
from statehub.cli.parts import say
from statehub.errors import SettingsError
from statehub.settings import Settings

SHORTEST_SECRET = 16


def check(settings: Settings) -> None:
    """Say who will be answered. Raises SettingsError where a network would get the hub, or for a bad token file."""
    tokens = [*settings.api_token, *access.read(settings.data_dir)]
    if settings.on_loopback:
        return
    if not tokens:
        raise SettingsError(
            f"STATEHUB_HOST is {settings.host!r}, which others can reach: that takes an access token; "
            "custodian token create makes one"
        )
    names = ", ".join(settings.allowed_hosts) or "no other name yet"
    say(
        f"bound to {settings.host}: every request needs an access token, and goes unencrypted; "
        f"beside loopback it answers to the names in STATEHUB_ALLOWED_HOSTS: {names}"
    )
    if any(len(token.secret) < SHORTEST_SECRET for token in tokens):
        say(f"an access token has fewer than {SHORTEST_SECRET} characters; custodian token create makes a better one")
