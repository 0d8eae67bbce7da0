"""The poll: what no notification told of is found by asking, and what commits have left is tidied up."""

import asyncio
import logging
import random
from dataclasses import dataclass

from statehub.cache import SectionCache
from statehub.errors import StateHubError
from statehub.sqlstates import Repeat
from statehub.store import Store

_jitter = random.Random()  # noqa: S311  (one of its own: the process's may be seeded by others)
log = logging.getLogger(__name__)

DRIFT_GRACE_S = 0.1


@dataclass
class Polled:
    """What the poll found last: ledger rows not yet folded, and the share of the notification queue in use (0 to 1)."""

    pending: int = 0
    queue_usage: float = 0.0


async def poll(store: Store, cache: SectionCache, polled: Polled, interval_s: float, listening: bool) -> None:
    """Ask for the revisions again and again: a change that nothing had announced is drift. Folds the ledger, if any."""
    while True:
        await asyncio.sleep(interval_s * _jitter.uniform(0.8, 1.2))
        asked_at = cache.clock()
        try:
            async with asyncio.timeout(max(2.0, interval_s)):
                found = await store.get_revisions()
            polled.pending, polled.queue_usage = found["pending"], found["queue_usage"]
            if not cache.verify(found["epoch"], {"core": found["core"], "progress": found["progress"]}, asked_at):
                await asyncio.sleep(DRIFT_GRACE_S)  # its notification may be on the way
                if listening and cache.announced_at < asked_at:
                    cache.counts.drift += 1
                    log.warning("the poll found a change that no notification had announced")
            if found["moved"]:
                await store.renew_epoch()
            if found["pending"] or found["unsettled"]:
                async with asyncio.timeout(30):
                    await store.tend()
        except Exception as error:  # whatever it is, to ask again is right; to end would end the hub
            if not isinstance(error, (StateHubError, TimeoutError, Repeat)):
                log.warning("the poll failed: %r", error)
            cache.suspect(error)
