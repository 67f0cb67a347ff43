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
    "From a request's head to the end of its answer; open streams are not among them",
    ("listener",),
)
CONNECTIONS = Metric("tars_http_requests_active", "gauge", "Being answered", ("listener",))
STREAMS = Metric("tars_http_streams_active", "gauge", "Event streams that are open", ("listener",))

METRICS = (REQUESTS, SECONDS, CONNECTIONS, STREAMS)

OTHER = "other"
"""The route of a request that fits none: what strangers ask for becomes no label."""


class Requests:
    """Told of each request by the servers; `listener` is `socket` or `lan`, `route` a path of the route table."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()
        self._active: Counter[str] = Counter({"socket": 0})
        self._streams: Counter[str] = Counter()

    def begun(self, listener: str) -> None:
        """One more is being answered."""
        self._active[listener] += 1

    def ended(
        self, listener: str, route: str | None, code: int, seconds: float, *, stream: bool = False
    ) -> None:
        """It was answered, or its client has left."""
        self._active[listener] -= 1
        self._counts[listener, route or OTHER, str(code)] += 1
        if stream:
            return
        buckets = self._buckets.setdefault(listener, [0] * (len(BOUNDS) + 1))
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._sums[listener] += seconds  # pyright: ignore[reportArgumentType]  a Counter adds floats as well

    def stream(self, listener: str, change: int) -> None:
        """One more (1) or one less (-1) is open."""
        self._streams[listener] += change

    def collect(self) -> Iterator[Sample]:
        """Now."""
        yield from (REQUESTS.of(count, *key) for key, count in sorted(self._counts.items()))
        for listener, buckets in sorted(self._buckets.items()):
            yield from self._histogram(listener, buckets)
        yield from (CONNECTIONS.of(it, name) for name, it in sorted(self._active.items()))
        yield from (STREAMS.of(it, name) for name, it in sorted(self._streams.items()))

    def _histogram(self, listener: str, buckets: list[int]) -> Iterator[Sample]:
        below = 0
        for bound, count in zip((*map(number, BOUNDS), "+Inf"), buckets, strict=True):
            below += count
            yield Sample(SECONDS, (listener,), below, "_bucket", bound)
        yield Sample(SECONDS, (listener,), self._sums[listener], "_sum")
        yield Sample(SECONDS, (listener,), below, "_count")
