"""Dashboard keys: made of an access token, for a browser, which may hold no token. They open no API."""

import hmac

from statehub.access import AccessToken

PARAMETER = "key"
PURPOSE = b"statehub dashboard key 1"


def key_of(token: AccessToken) -> str:
    """The dashboard key of a token: always the same, gone with the token, and nobody can tell the token from it."""
    return hmac.new(token.word.encode(), PURPOSE, "sha256").hexdigest()
