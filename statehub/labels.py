"""Between snapshots and tokens: the token of a snapshot, and a snapshot that includes a token."""

import asyncio

from statehub.cache import SectionCache, Snapshot
from statehub.errors import StateHubError, Unavailable
from statehub.tokens import Cut, Token


def token_of(snapshot: Snapshot) -> Token:
    """What a client has seen who has read this snapshot."""
    revisions = snapshot.revisions
    return Token(snapshot.epoch, revisions["core"], revisions["progress"], Cut.parse(snapshot.cut))


def covers(snapshot: Snapshot, token: Token) -> bool:
    """Whether the snapshot includes all that the token's holder has seen. Decided here, without the database."""
    return snapshot.epoch == token.epoch and Cut.parse(snapshot.cut).covers(token.cut, token.xid)


async def covering(cache: SectionCache, token: Token, timeout_s: float) -> Snapshot:
    """A snapshot that covers the token; one of another epoch when that is the database's now.

    A token is given out after its commit, so a build that starts now includes it, on whatever process it was
    written. Raises Unavailable when that cannot be had in time.
    """
    if cache.snapshot is not None and covers(cache.snapshot, token):
        return cache.snapshot
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                snapshot = await cache.refresh(timeout_s)
                if snapshot.epoch != token.epoch or covers(snapshot, token):
                    return snapshot
    except StateHubError:
        raise
    except Exception as error:  # the time is over, or a build failed
        raise Unavailable("the state that this token names is not here yet; try again in a moment") from error
