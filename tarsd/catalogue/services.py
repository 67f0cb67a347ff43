"""The checks of services, in the order of their rank: of the faults of one service only the first is told."""

from tarsd.catalogue.check import Check
from tarsd.catalogue.docker_firewall import FirewallFlushed
from tarsd.catalogue.service_check import FaultCheck, Rank
from tarsd.catalogue.services_answers import (
    ServiceDenied,
    ServiceForeign,
    ServiceHung,
    ServiceSlow,
    ServiceUnhealthy,
)
from tarsd.catalogue.services_aside import FalseUnhealthy, MachineStalled, ProbeLabels, StackDrift
from tarsd.catalogue.services_cards import StaleCdi
from tarsd.catalogue.services_data import (
    PostgresDiskFull,
    PostgresLayout,
    PostgresMajor,
    RedisAofCorrupt,
)
from tarsd.catalogue.services_databases import PostgresRecovering, RedisLoading, RedisMisconf
from tarsd.catalogue.services_ended import (
    CrashLoop,
    KilledWithEngine,
    OutOfMemory,
    ServiceExited,
)
from tarsd.catalogue.services_start import (
    ImageMissing,
    NetworkMissing,
    ServiceMissing,
    ServiceNotStarted,
    ServicePaused,
)


def _ranked(*kinds: type[FaultCheck]) -> tuple[FaultCheck, ...]:
    rank = Rank()
    return tuple(kind(rank) for kind in kinds)


FAULTS: tuple[FaultCheck, ...] = _ranked(
    ServicePaused,
    ImageMissing,
    ServiceMissing,
    KilledWithEngine,
    RedisAofCorrupt,
    PostgresMajor,
    PostgresLayout,
    PostgresDiskFull,
    CrashLoop,
    NetworkMissing,
    FirewallFlushed,
    StaleCdi,
    ServiceNotStarted,
    OutOfMemory,
    ServiceExited,
    ServiceDenied,
    ServiceForeign,
    ServiceHung,
    RedisLoading,
    PostgresRecovering,
    ServiceSlow,
    RedisMisconf,
    ServiceUnhealthy,
)
"""What keeps a service from its work, one at a time."""

TELLING = frozenset(it.id for it in FAULTS[: [it.id for it in FAULTS].index(ServiceExited.id)])
"""What says more of a service that does not run than that it has ended: why it does not come back."""

CHECKS: tuple[Check, ...] = (
    *FAULTS,
    MachineStalled(),
    FalseUnhealthy(),
    ProbeLabels(),
    StackDrift(),
)
