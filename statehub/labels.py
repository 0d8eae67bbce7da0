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
    return (
        snapshot.epoch == token.epoch
        # a crash forgets transactions that were rolled back, and gives their ids again; revisions it never forgets
        and snapshot.revisions["core"] >= token.core
        and snapshot.revisions["progress"] >= token.progress
        and Cut.parse(snapshot.cut).covers(token.cut, token.xid)
    )


async def covering(cache: SectionCache, token: Token, timeout_s: float) -> Snapshot:
    """A snapshot that covers the token; one that does not when the database was restored, and it never will.

    A token is given out after its commit, so a build that starts now includes it, on whatever process it was
    written. Raises Unavailable when that cannot be had in time.
    """
    if cache.snapshot is not None and covers(cache.snapshot, token):
        return cache.snapshot
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                snapshot = await cache.refresh(timeout_s)
                # where the cut includes the token's and a revision is lower, the database went back in its own epoch
                if snapshot.epoch != token.epoch or Cut.parse(snapshot.cut).covers(token.cut, token.xid):
                    return snapshot
    except StateHubError:
        raise
    except Exception as error:  # the time is over, or a build failed
        raise Unavailable("the state that this token names is not here yet; try again in a moment") from error
