"""What the parts of the app count by themselves, as metrics."""

from collections.abc import Iterator
from typing import Any

from statehub.cache import SectionCache
from statehub.feed import Feed
from statehub.listener import Listener
from statehub.metrics import Reading, Sample, one
from statehub.polling import Polled


def readings(
    cache: SectionCache, feed: Feed, listener: Listener | None, pool: Any, polled: Polled, summary: Any
) -> list[Reading]:
    """The metrics of these parts. `pool` is asyncpg's, `summary` has `served`: answers by X-StateHub-Cache."""

    def served() -> Iterator[Sample]:
        return (((result,), count) for result, count in summary.served.items())

    def reconnects() -> Iterator[Sample]:
        return (((reason,), count) for reason, count in (listener.reasons if listener else {}).items())

    def connections() -> Iterator[Sample]:
        yield ("idle",), pool.get_idle_size()
        yield ("busy",), pool.get_size() - pool.get_idle_size()

    def age() -> Iterator[Sample]:
        return one(cache.age_s) if cache.snapshot else iter(())

    return [
        Reading("statehub_cache_requests", "Summary requests by result", served, ("result",), counts=True),
        Reading("statehub_verified_age_seconds", "How long ago the snapshot was last known to be current", age),
        Reading(
            "statehub_drift", "Changes that no notification announced", lambda: one(cache.counts.drift), counts=True
        ),
        Reading(
            "statehub_revision_regressions",
            "Times that the database went back, or was another one",
            lambda: one(cache.counts.regressions),
            counts=True,
        ),
        Reading("statehub_listener_up", "1 while notifications arrive", lambda: one(bool(listener and listener.is_up))),
        Reading("statehub_listener_reconnects", "Connections lost, by reason", reconnects, ("reason",), counts=True),
        Reading("statehub_ledger_pending_rows", "Ledger rows not yet folded", lambda: one(polled.pending)),
        Reading(
            "statehub_notification_queue_usage",
            "Share of the server's notification queue that is in use",
            lambda: one(polled.queue_usage),
        ),
        Reading("statehub_pool_connections", "The app's connections", connections, ("state",)),
        Reading("statehub_feed_clients", "Clients that follow events or wait", lambda: one(len(feed.subscribers))),
    ]
