"""The checks of services, in the order of their rank: of the faults of one service only the first is told."""

from tarsd.catalogue.check import Check
from tarsd.catalogue.service_check import FaultCheck, Rank
from tarsd.catalogue.services_answers import (
    ServiceDenied,
    ServiceForeign,
    ServiceHung,
    ServiceSlow,
    ServiceUnhealthy,
)
from tarsd.catalogue.services_aside import FalseUnhealthy, MachineStalled, ProbeLabels, StackDrift
from tarsd.catalogue.services_life import (
    CrashLoop,
    ImageMissing,
    KilledWithEngine,
    NetworkMissing,
    OutOfMemory,
    ServiceExited,
    ServiceMissing,
    ServiceNotStarted,
    ServicePaused,
)

RANK = Rank()

FAULTS: tuple[FaultCheck, ...] = (
    ServicePaused(RANK),
    ImageMissing(RANK),
    ServiceMissing(RANK),
    KilledWithEngine(RANK),
    CrashLoop(RANK),
    NetworkMissing(RANK),
    ServiceNotStarted(RANK),
    OutOfMemory(RANK),
    ServiceExited(RANK),
    ServiceDenied(RANK),
    ServiceForeign(RANK),
    ServiceHung(RANK),
    ServiceSlow(RANK),
    ServiceUnhealthy(RANK),
)
"""What keeps a service from its work, one at a time."""

CHECKS: tuple[Check, ...] = (
    *FAULTS,
    MachineStalled(),
    FalseUnhealthy(),
    ProbeLabels(),
    StackDrift(),
)
