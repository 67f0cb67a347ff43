"""Which services a NAS that is not well explains."""

from collections.abc import Iterable, Sequence

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.nas import told_of
from tarsd.catalogue.nas_check import readers
from tarsd.catalogue.service_remedies import without_nas
from tarsd.engine.causes import Reader

ROOTS = frozenset({"nas.down", "nas.auth", "nas.share", "nas.absent", "nas.stale"})
"""Faults of the NAS with which nobody can read it."""


def waiting_readers(latest: Iterable[Finding], world: World) -> Sequence[Reader]:
    """Those that read it while one of its faults is there; none while it is well."""
    fault = told_of(latest)
    if fault is None or fault.status is not Status.FAIL or fault.id not in ROOTS:
        return ()
    return [
        Reader(view.name, fault.id, without_nas(world, view) is not None) for view in readers(world)
    ]
