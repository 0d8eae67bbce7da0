"""Which access tokens a running hub takes: the setting's, and the file's, looked at once a second at most."""

import logging
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from hmac import compare_digest
from operator import attrgetter
from pathlib import Path

from statehub import access
from statehub.access import AccessToken
from statehub.errors import SettingsError, Unauthorized

LOOK_EVERY_S = 1.0
log = logging.getLogger(__name__)

HOW = (
    "custodian token show prints it where the hub runs; send it as Authorization: Bearer TOKEN, "
    "or set STATEHUB_API_TOKEN for custodian"
)


class Keyring:
    """The tokens of `given` and of the file in `data_dir`. With none at all everybody may in, unless `required`.

    A file that must not be used, or a hub that is not on loopback and has lost its tokens, lets nobody in. `word_of`
    says what is sent for a token: the token's word, else something made of it.
    """

    def __init__(
        self,
        given: Sequence[AccessToken] = (),
        data_dir: Path | None = None,
        *,
        required: bool = False,
        word_of: Callable[[AccessToken], str] = attrgetter("word"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.required = required
        self.closed = required or bool(given)
        self._given = tuple(given)
        self._data_dir = data_dir or Path()
        self._clock = clock
        self._next_look = 0.0 if data_dir else float("inf")
        self._seen: tuple[int, ...] | None = None
        self._word_of = word_of
        self._learn(given)

    def asks(self) -> bool:
        """Whether a token is needed: one is configured."""
        if (now := self._clock()) >= self._next_look:
            self._next_look = now + LOOK_EVERY_S
            self._look()
        return self.closed

    def name_of(self, authorization: bytes | None) -> str | None:
        """The name of the token's bearer. Raises Unauthorized for this Authorization header."""
        if authorization is None:
            raise Unauthorized(f"the hub asks for an access token: {HOW}")
        if authorization[:7].lower() != b"bearer ":
            raise Unauthorized(f"the hub takes one access token, as a Bearer: {HOW}")
        bearer = self.bearer_of(authorization[7:].strip(b" "))
        if bearer is None:
            raise Unauthorized(f"the hub does not know this access token, or no longer: {HOW}")
        return bearer.name

    def bearer_of(self, word: bytes) -> AccessToken | None:
        """The token that this was sent for; None where it is for none of them."""
        sent = sha256(word).digest()
        bearer = None
        for digest, token in self._digests:  # all of them, whichever it is
            if compare_digest(digest, sent):
                bearer = token
        return bearer

    def _look(self) -> None:
        """Read the file again where it is another one than it was."""
        try:
            now = access.path_of(self._data_dir).lstat()
            seen: tuple[int, ...] = (now.st_ino, now.st_ctime_ns, now.st_mtime_ns, now.st_size)
        except FileNotFoundError:
            seen = ()
        except OSError as error:
            seen = (error.errno or -1,)
        if seen == self._seen:
            return
        first, self._seen = self._seen is None, seen
        try:
            tokens = (*self._given, *access.read(self._data_dir))
            self.closed = self.required or bool(tokens)
        except SettingsError as error:
            tokens, self.closed = self._given, True
            log.error("nobody gets in by the token file: %s", error.detail)
        else:
            if not first:
                log.warning("the access tokens have changed: there are %d now", len(tokens))
        self._learn(tokens)

    def _learn(self, tokens: Sequence[AccessToken]) -> None:
        self._digests = [(sha256(self._word_of(token).encode()).digest(), token) for token in tokens]
