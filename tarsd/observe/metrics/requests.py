"""Metrics of our own API: how many asked what, how it went, and how long it took."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from tarsd.observe.metrics.exposition import number
from tarsd.observe.metrics.metric import Metric, Sample

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Seconds; around the bars of docs/performance.md."""

REQUESTS = Metric(
    "tars_http_requests_total", "counter", "Requests by their answer", ("listener", "route", "code")
)
SECONDS = Metric(
    "tars_http_request_duration_seconds",
    "histogram",
    "From a request's head to its answer; of a stream to its beginning",
    ("listener",),
)
CONNECTIONS = Metric("tars_http_connections_active", "gauge", "Connections from the LAN")
STREAMS = Metric("tars_http_streams_active", "gauge", "Event streams that are open")

METRICS = (REQUESTS, SECONDS, CONNECTIONS, STREAMS)

OTHER = "other"
"""The route of a request that fits none: what strangers ask for becomes no label."""


class Requests:
    """Told of each answer by the servers; `listener` is `socket` or `lan`, `path` that of the route table or empty."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def answered(self, listener: str, path: str, code: int, seconds: float) -> None:
        """One more; of a stream that it has begun."""
        self._counts[listener, path or OTHER, str(code)] += 1
        buckets = self._buckets.setdefault(listener, [0] * (len(BOUNDS) + 1))
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._sums[listener] = self._sums.get(listener, 0.0) + seconds

    def collect(self, connections: int, streams: int) -> Iterator[Sample]:
        """Now; how many connections and event streams there are, others know."""
        yield from (REQUESTS.of(count, *key) for key, count in sorted(self._counts.items()))
        for listener, buckets in sorted(self._buckets.items()):
            yield from self._histogram(listener, buckets)
        yield CONNECTIONS.of(connections)
        yield STREAMS.of(streams)

    def _histogram(self, listener: str, buckets: list[int]) -> Iterator[Sample]:
        below = 0
        for bound, count in zip((*map(number, BOUNDS), "+Inf"), buckets, strict=True):
            below += count
            yield Sample(SECONDS, (listener,), below, "_bucket", bound)
        yield Sample(SECONDS, (listener,), self._sums[listener], "_sum")
        yield Sample(SECONDS, (listener,), below, "_count")
