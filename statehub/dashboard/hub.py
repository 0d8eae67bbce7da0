"""Where the dashboard finds the hub, and which access token it sends there."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from statehub.access import AccessToken
from statehub.errors import SettingsError

LOOK_EVERY_S = 1.0


class Place(NamedTuple):
    """Where the API is, and the access tokens that may be sent there, the dashboard's own first."""

    url: str
    tokens: tuple[AccessToken, ...] = ()

    def authorization(self, bearer: AccessToken | None) -> str | None:
        """The header for what `bearer` asks: the token that opened the dashboard to them, where the hub may have it."""
        token = bearer if bearer in self.tokens else next(iter(self.tokens), None)
        return f"Bearer {token.word}" if token else None


class Whereabouts:
    """The hub's place, looked up once a second at most: it may start later, move, and get other tokens."""

    def __init__(self, locate: Callable[[], Place], clock: Callable[[], float] = time.monotonic) -> None:
        self._locate = locate
        self._clock = clock
        self._place = locate()
        self._next_look = clock() + LOOK_EVERY_S

    def place(self, *, anew: bool = False) -> Place:
        """Where it is; `anew`: it was not there just now."""
        if anew or self._clock() >= self._next_look:
            self._next_look = self._clock() + LOOK_EVERY_S
            with suppress(SettingsError):  # a token file that is being mended; the door is closed meanwhile
                self._place = self._locate()
        return self._place
