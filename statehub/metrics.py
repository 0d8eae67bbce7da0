"""Prometheus metrics, named with the glossary's words. One registry an app; nothing global.

What a part counts by itself is read when somebody scrapes; only durations are
observed as they happen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Message, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True)
class Reading:
    """A metric that is read when scraped: samples of label values and number."""

    name: str
    help: str
    read: Callable[[], Iterator[Sample]]
    labels: tuple[str, ...] = ()
    counts: bool = False


class _Readings(Collector):
    def __init__(self, readings: list[Reading]) -> None:
        self.readings = readings

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for reading in self.readings:
            family = CounterMetricFamily if reading.counts else GaugeMetricFamily
            metric = family(reading.name, reading.help, labels=reading.labels)
            for labels, value in reading.read():
                metric.add_metric(labels, value)
            yield metric


@dataclass
class Metrics:
    """What is observed as it happens, and what is read on demand."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.builds = Counter(
            "statehub_builds", "Builds of a summary section by outcome", ["outcome", "section"], registry=self.registry
        )
        self.build_seconds = Histogram(
            "statehub_build_seconds", "Time of a build, all its sections", buckets=SECONDS, registry=self.registry
        )
        self.publish_seconds = Histogram(
            "statehub_notification_to_publish_seconds",
            "From the first notification of a change to the snapshot that has it",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.requests = Counter(
            "statehub_http_requests", "Requests by route and status", ["route", "status"], registry=self.registry
        )

    def read_on_demand(self, readings: list[Reading]) -> None:
        """Add metrics that are read when scraped."""
        self.registry.register(_Readings(readings))

    def built(self, seconds: float, sections: frozenset[str], failed: bool) -> None:
        """A build ended; `sections` are those that were built anew. One that failed counts as section `none`."""
        self.build_seconds.observe(seconds)
        for section in sections or {"none"}:
            self.builds.labels("failed" if failed else "ok", section).inc()

    def counted(self, scope: Scope, send: Send) -> Send:
        """`send`, counting the response by route and status; below the summary's path, which counts by itself."""

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self.requests.labels(route, str(message["status"])).inc()
            await send(message)

        return send_counted

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)


def one(value: float) -> Iterator[Sample]:
    """A single sample without labels."""
    yield (), value
