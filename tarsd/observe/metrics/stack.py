"""Metrics of the stack: services, models, the vector store."""

from collections.abc import Iterator

from tarsd.observe.metrics.metric import Metric, Sample
from tarsd.observe.model import ServiceStatus, Status
from tarsd.observe.picture import Picture
from tarsd.times import moment

OVERALL = Metric(
    "tars_overall_status", "gauge", "1 for the one word that is the verdict", ("status",)
)
ENGINE_UP = Metric("tars_engine_up", "gauge", "Whether the Docker Engine answers")
SERVICE_INFO = Metric(
    "tars_service_info", "gauge", "What a service is", ("service", "role", "image")
)
SERVICE_UP = Metric(
    "tars_service_up",
    "gauge",
    "Whether a service does its work; absent while nobody can tell",
    ("service",),
)
SERVICE_WANTED = Metric(
    "tars_service_wanted", "gauge", "Whether its owner wants it to run", ("service",)
)
SERVICE_RESTARTS = Metric(
    "tars_service_restarts_total",
    "counter",
    "How often the Engine started its container again by itself",
    ("service",),
)
SERVICE_START = Metric(
    "tars_service_start_timestamp_seconds", "gauge", "When its container started", ("service",)
)
SERVICE_LATENCY = Metric(
    "tars_service_latency_seconds", "gauge", "Of its last good answer to our probe", ("service",)
)
SERVICE_ANSWER = Metric(
    "tars_service_answer_timestamp_seconds",
    "gauge",
    "When it last answered our probe well",
    ("service",),
)
SERVICE_MEMORY = Metric(
    "tars_service_memory_bytes", "gauge", "Memory its container uses", ("service",)
)
SERVICE_LIMIT = Metric(
    "tars_service_memory_limit_bytes",
    "gauge",
    "The most it may use; absent without a limit",
    ("service",),
)
MODELS = Metric("tars_models", "gauge", "Models on the model server")
MODEL_SIZE = Metric("tars_model_size_bytes", "gauge", "A model's size on disk", ("model",))
MODEL_LOADED = Metric(
    "tars_model_loaded_bytes", "gauge", "Its size in memory; absent while not loaded", ("model",)
)
MODEL_VRAM = Metric(
    "tars_model_vram_bytes", "gauge", "How much of that is in a card's memory", ("model",)
)
COLLECTIONS = Metric("tars_chroma_collections", "gauge", "Collections in the vector store")
EMBEDDINGS = Metric(
    "tars_chroma_embeddings",
    "gauge",
    "Embeddings in a collection; absent where there are too many collections to count",
    ("collection",),
)

METRICS = (
    OVERALL,
    ENGINE_UP,
    SERVICE_INFO,
    SERVICE_UP,
    SERVICE_WANTED,
    SERVICE_RESTARTS,
    SERVICE_START,
    SERVICE_LATENCY,
    SERVICE_ANSWER,
    SERVICE_MEMORY,
    SERVICE_LIMIT,
    MODELS,
    MODEL_SIZE,
    MODEL_LOADED,
    MODEL_VRAM,
    COLLECTIONS,
    EMBEDDINGS,
)

WORDS = ("healthy", "degraded", "unhealthy", "stopped", "unknown")

MOST_COLLECTIONS = 50
"""Whose names become labels."""


def collect(picture: Picture) -> Iterator[Sample]:
    """Of what a picture shows; what is unknown is left out."""
    status = picture.status
    word = status.overall if status else "unknown"
    yield from (OVERALL.of(int(it == word), it) for it in WORDS)
    if status is not None:
        yield from _status(status)
    stock = picture.stock
    if stock.models is not None:
        yield MODELS.of(len(stock.models))
        for model in stock.models:
            yield MODEL_SIZE.of(model.size, model.name)
            yield from MODEL_LOADED.maybe(model.loaded, model.name)
            yield from MODEL_VRAM.maybe(model.vram, model.name)
    if stock.collections is not None:
        yield COLLECTIONS.of(len(stock.collections))
        for collection in stock.collections[:MOST_COLLECTIONS]:
            yield from EMBEDDINGS.maybe(collection.records, collection.name)


def up(service: ServiceStatus) -> bool | None:
    """Whether it does its work; None while nobody can tell, and of one that is not to run."""
    if service.state == "unknown" or service.health == "unknown" or service.wanted == "stopped":
        return None
    return service.state == "running" and service.health in ("healthy", "none")


def _status(status: Status) -> Iterator[Sample]:
    if status.engine.status != "unknown":
        yield ENGINE_UP.of(int(status.engine.status == "ok"))
    for it in status.services:
        yield from _service(it)


def _service(it: ServiceStatus) -> Iterator[Sample]:
    name, answers = it.name, it.answers
    yield SERVICE_INFO.of(1, name, it.role, it.image)
    yield from SERVICE_UP.maybe(up(it), name)
    yield SERVICE_WANTED.of(int(it.wanted == "running"), name)
    yield from SERVICE_RESTARTS.maybe(it.restarts, name)
    yield from SERVICE_MEMORY.maybe(it.memory_bytes, name)
    yield from SERVICE_LIMIT.maybe(it.memory_limit_bytes or None, name)
    if it.since is not None and it.state == "running":
        yield SERVICE_START.of(moment(it.since).timestamp(), name)
    if answers is not None and answers.latency_ms is not None:
        yield SERVICE_LATENCY.of(answers.latency_ms / 1000, name)
    if answers is not None and answers.at is not None:
        yield SERVICE_ANSWER.of(moment(answers.at).timestamp(), name)
