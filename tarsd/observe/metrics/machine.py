"""Metrics of the machine: processors, memory, disk, cards, the NAS."""

from collections.abc import Iterator

from tarsd.host.nvidia.facts import Card
from tarsd.host.resources import Resources
from tarsd.observe.metrics.metric import Metric, Sample
from tarsd.observe.picture import CardsSeen, Picture
from tarsd.times import moment

CPU_BUSY = Metric(
    "tars_cpu_busy_ratio", "gauge", "Share of all processors' time, over the last minute"
)
CPUS = Metric("tars_cpus", "gauge", "Processors")
MEMORY = Metric("tars_memory_size_bytes", "gauge", "The machine's memory")
MEMORY_AVAILABLE = Metric(
    "tars_memory_available_bytes", "gauge", "What new programs can still take of it"
)
SWAP = Metric("tars_swap_size_bytes", "gauge", "Swap space")
SWAP_FREE = Metric("tars_swap_free_bytes", "gauge", "What is free of it")
LOAD = Metric("tars_load1", "gauge", "Load average of the last minute")
PRESSURE = Metric(
    "tars_pressure_ratio",
    "gauge",
    "Share of the last ten seconds in which work waited for it (PSI; processor: some work, others: all)",
    ("resource",),
)
DISK_SIZE = Metric(
    "tars_disk_size_bytes", "gauge", "The file system that the Engine writes to", ("path",)
)
DISK_FREE = Metric("tars_disk_free_bytes", "gauge", "What is free of it", ("path",))
GPU_INFO = Metric("tars_gpu_info", "gauge", "What a card is", ("gpu", "name", "driver"))
GPU_WORKS = Metric("tars_gpu_up", "gauge", "Whether NVML calls the card well", ("gpu",))
GPU_MEMORY = Metric("tars_gpu_memory_size_bytes", "gauge", "A card's memory", ("gpu",))
GPU_MEMORY_USED = Metric("tars_gpu_memory_used_bytes", "gauge", "What is taken of it", ("gpu",))
GPU_BUSY = Metric("tars_gpu_busy_ratio", "gauge", "How busy the card is", ("gpu",))
GPU_TEMPERATURE = Metric("tars_gpu_temperature_celsius", "gauge", "How hot the card is", ("gpu",))
GPU_POWER = Metric("tars_gpu_power_watts", "gauge", "What the card takes", ("gpu",))
GPU_SEEN = Metric(
    "tars_gpu_seen_timestamp_seconds", "gauge", "When NVML was last asked; a sleeping card is not"
)
NAS_CONFIGURED = Metric("tars_nas_configured", "gauge", "Whether a NAS is set up")
NAS_MOUNTED = Metric("tars_nas_mounted", "gauge", "Whether its documents are mounted")
NAS_REACHABLE = Metric(
    "tars_nas_reachable", "gauge", "Whether the monitor finds nothing wrong with it"
)
NAS_DOCUMENTS = Metric("tars_nas_documents", "gauge", "Documents, as counted last")
NAS_COUNTED = Metric(
    "tars_nas_counted_timestamp_seconds", "gauge", "When the documents were counted"
)

METRICS = (
    CPU_BUSY,
    CPUS,
    MEMORY,
    MEMORY_AVAILABLE,
    SWAP,
    SWAP_FREE,
    LOAD,
    PRESSURE,
    DISK_SIZE,
    DISK_FREE,
    GPU_INFO,
    GPU_WORKS,
    GPU_MEMORY,
    GPU_MEMORY_USED,
    GPU_BUSY,
    GPU_TEMPERATURE,
    GPU_POWER,
    GPU_SEEN,
    NAS_CONFIGURED,
    NAS_MOUNTED,
    NAS_REACHABLE,
    NAS_DOCUMENTS,
    NAS_COUNTED,
)


def collect(picture: Picture) -> Iterator[Sample]:
    """Of what a picture shows; what is unknown is left out."""
    yield from _resources(picture.resources)
    yield from _cards(picture.cards, picture.taken)
    status = picture.status
    if status is None:
        return
    yield from DISK_SIZE.maybe(status.disk.total_bytes, status.disk.path)
    yield from DISK_FREE.maybe(status.disk.free_bytes, status.disk.path)
    nas = status.nas
    yield NAS_CONFIGURED.of(int(nas.configured))
    if nas.configured:
        yield from NAS_MOUNTED.maybe(nas.mounted)
        yield NAS_REACHABLE.of(int(bool(nas.mounted) and nas.fault is None))
        yield from NAS_DOCUMENTS.maybe(nas.documents)
        if nas.documents_at is not None:
            yield NAS_COUNTED.of(moment(nas.documents_at).timestamp())


def _resources(seen: Resources) -> Iterator[Sample]:
    yield CPUS.of(seen.cores)
    yield from CPU_BUSY.maybe(seen.busy)
    yield from MEMORY.maybe(seen.memory)
    yield from MEMORY_AVAILABLE.maybe(seen.memory_available)
    yield from SWAP.maybe(seen.swap)
    yield from SWAP_FREE.maybe(seen.swap_free)
    yield from LOAD.maybe(seen.load and seen.load[0])
    if seen.pressure is not None:
        for name in ("cpu", "memory", "io"):
            yield PRESSURE.of(getattr(seen.pressure, name) / 100, name)


def _cards(seen: CardsSeen, taken: float) -> Iterator[Sample]:
    if seen.seconds is not None:
        yield GPU_SEEN.of(round(taken - seen.seconds, 3))
    for card in seen.cards:
        yield from _card(card, seen.driver or "")


def _card(card: Card, driver: str) -> Iterator[Sample]:
    number = str(card.number)
    yield GPU_INFO.of(1, number, card.name or "", driver)
    yield GPU_WORKS.of(int(card.code == 0), number)
    yield from GPU_MEMORY.maybe(card.total, number)
    yield from GPU_MEMORY_USED.maybe(card.used, number)
    yield from GPU_BUSY.maybe(None if card.busy is None else card.busy / 100, number)
    yield from GPU_TEMPERATURE.maybe(card.temperature, number)
    yield from GPU_POWER.maybe(None if card.power is None else card.power / 1000, number)
