"""Metrics of who comes in and what goes out: refusals, the certificate, messages to the owner."""

from collections.abc import Iterator, Mapping

from tarsd.observe.metrics.metric import Metric, Sample

REFUSED = Metric(
    "tars_auth_failures_total",
    "counter",
    "Requests that were refused for who sent them, by the kind of the refusal",
    ("kind",),
)
CERTIFICATE = Metric(
    "tars_certificate_expiry_timestamp_seconds", "gauge", "When the LAN's certificate ends"
)
QUEUED = Metric("tars_notifications_queued", "gauge", "Messages to the owner that are not sent yet")
PARKED = Metric(
    "tars_notifications_parked", "gauge", "Messages that were given up, for no channel takes them"
)

KINDS = (
    "not-allowed",
    "not-signed-in",
    "too-many-attempts",
    "wrong-host",
    "wrong-origin",
    "wrong-password",
)
"""Of refusals that count: who may not, does not say who he is, guesses, or comes by another site."""

METRICS = (REFUSED, CERTIFICATE, QUEUED, PARKED)


def refusals(counts: Mapping[str, int]) -> Iterator[Sample]:
    """By kind, since tarsd started."""
    yield from (REFUSED.of(count, kind) for kind, count in sorted(counts.items()))


def certificate(expires: float | None) -> Iterator[Sample]:
    """Seconds since 1970; None while there is none."""
    yield from CERTIFICATE.maybe(expires)


def notifications(queued: int | None, parked: int | None) -> Iterator[Sample]:
    """How many; None where the records do not answer."""
    yield from QUEUED.maybe(queued)
    yield from PARKED.maybe(parked)
