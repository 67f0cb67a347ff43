"""One metric: its name, what it means, and what its samples are told apart by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True)
class Metric:
    """Named by Prometheus' conventions: base units, `_total` for counters, `_info` for labels alone, times as timestamps.

    `labels` are all there are; their values must be bounded by the machine, never by who asks.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    def of(self, value: float, *labels: str) -> "Sample":
        """A sample; values of labels in the order in which they are named."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, not {labels}")
        return Sample(self, labels, value)

    def maybe(self, value: float | None, *labels: str) -> "Sequence[Sample]":
        """A sample, or none where the value is not known: nothing is made up."""
        return [] if value is None else [self.of(value, *labels)]


@dataclass(frozen=True)
class Sample:
    """`part` is what a histogram's lines have behind the name; `bound` is the upper bound of one of its buckets."""

    metric: Metric
    labels: tuple[str, ...]
    value: float
    part: Literal["", "_bucket", "_sum", "_count"] = ""
    bound: str = ""


Collector = Callable[[], Iterable[Sample]]
"""Tells what is known at this moment, and asks nobody."""
