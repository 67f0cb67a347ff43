"""Metrics of the daemon itself, told at the moment they are asked for."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tarsd.observe.metrics.metric import Metric, Sample
from tarsd.observe.picture import Picture
from tarsd.version import VERSION

BUILD = Metric("tars_build_info", "gauge", "The version that runs", ("version",))
START = Metric("tars_start_timestamp_seconds", "gauge", "When tarsd started")
LOOKED = Metric(
    "tars_look_timestamp_seconds", "gauge", "When what is told here was looked at: once a minute"
)
MEMORY = Metric("tars_daemon_memory_bytes", "gauge", "What tarsd has in memory")
CPU = Metric("tars_daemon_cpu_seconds_total", "counter", "Processor's time that tarsd took")
LOOP_LAG = Metric(
    "tars_loop_lag_seconds", "gauge", "The worst delay of the daemon's loop within ten minutes"
)
STREAM_OPEN = Metric(
    "tars_engine_events_open", "gauge", "Whether the Engine's stream of events is open"
)
STREAM_HEARD = Metric(
    "tars_engine_events_heard_timestamp_seconds",
    "gauge",
    "When the Engine last told or answered something on it",
)
RECORDS = Metric(
    "tars_records_writable", "gauge", "Whether what happens can be written to state.db"
)
HISTORY = Metric("tars_history_size_bytes", "gauge", "What the history of the status page takes")

METRICS = (
    BUILD,
    START,
    LOOKED,
    MEMORY,
    CPU,
    LOOP_LAG,
    STREAM_OPEN,
    STREAM_HEARD,
    RECORDS,
    HISTORY,
)


@dataclass(frozen=True)
class Pulse:
    """How the daemon is. `stream_age`: seconds since the Engine was heard, None while its stream is not open."""

    lag: float
    stream_age: float | None
    writable: bool
    history: int | None = None


class Daemon:
    """`pulse` is asked at each scrape; it must ask nobody in turn."""

    def __init__(self, pulse: Callable[[], Pulse]) -> None:
        self._pulse = pulse
        self._started = time.time()

    def collect(self, picture: Picture) -> Iterator[Sample]:
        """Now."""
        pulse, age = self._pulse(), None
        yield BUILD.of(1, VERSION)
        yield START.of(round(self._started, 3))
        if picture.taken:
            yield LOOKED.of(round(picture.taken, 3))
        yield from MEMORY.maybe(picture.resources.own_memory)
        yield CPU.of(time.process_time())
        yield LOOP_LAG.of(pulse.lag)
        age = pulse.stream_age
        yield STREAM_OPEN.of(int(age is not None))
        yield from STREAM_HEARD.maybe(None if age is None else round(time.time() - age, 3))
        yield RECORDS.of(int(pulse.writable))
        yield from HISTORY.maybe(pulse.history)
