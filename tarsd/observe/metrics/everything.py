"""All metrics there are, and the page of them that is scraped."""

from collections.abc import Callable, Iterable, Sequence

from tarsd.observe.metrics import access, daemon, machine, requests, stack, supervision
from tarsd.observe.metrics.exposition import text
from tarsd.observe.metrics.metric import Collector, Metric, Sample
from tarsd.observe.picture import Picture

METRICS: tuple[Metric, ...] = (
    *daemon.METRICS,
    *stack.METRICS,
    *machine.METRICS,
    *supervision.METRICS,
    *requests.METRICS,
    *access.METRICS,
)
"""Alert rules, the dashboard and docs/monitoring.md may name these and no others."""


class Scrape:
    """`live` are asked at each scrape; what a picture shows is put into words once for each picture."""

    def __init__(self, picture: Callable[[], Picture], live: Sequence[Collector]) -> None:
        self._picture = picture
        self._live = live
        self._made: tuple[int, str] = (-1, "")

    def text(self) -> str:
        """The whole page."""
        picture = self._picture()
        if self._made[0] != picture.number:
            self._made = picture.number, text(_of(picture))
        return text(it for collect in self._live for it in collect()) + self._made[1]


def _of(picture: Picture) -> Iterable[Sample]:
    yield from stack.collect(picture)
    yield from machine.collect(picture)
    yield from supervision.collect(picture)
