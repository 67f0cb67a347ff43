"""How the NAS is: from the settings, mountinfo, the last count and, if asked for, its port. Never from the share itself."""

from tarsd.catalogue.check import Finding
from tarsd.catalogue.nas import NasAbsent, NasDown
from tarsd.host.mounts import Mount
from tarsd.host.nas.documents import Documents
from tarsd.host.nas.mount_units import MountUnits
from tarsd.host.nas.unit import unit_name
from tarsd.host.reach import Reach
from tarsd.nas_source import parse
from tarsd.observe.model import NasStatus
from tarsd.settings import Nas

REACH_SECONDS = 1.3
"""For the name and the port: tarsctl gives the daemon 2 s to its first byte."""


class NasReport(NasStatus):
    """The result of GET /v1/nas."""

    enabled: bool
    reachable: bool | None
    read_only: bool | None
    options: list[str]
    unit: str | None
    """The mount unit that a setup made."""


NONE = NasStatus(configured=False, mounted=None, source=None, path=None, message=None)


def status(
    nas: Nas, units: MountUnits, documents: Documents, fault: Finding | None = None
) -> NasStatus:
    """The part of the status that is the NAS; `fault` is what the monitor has found wrong with it."""
    if nas.path is None or not nas.enabled:
        return NONE
    mount, trouble = _mount(nas.path, units)
    return _status(nas, mount, trouble, documents, fault)


async def report(
    nas: Nas, units: MountUnits, documents: Documents, reach: Reach, fault: Finding | None = None
) -> NasReport:
    """All that is known, with whether the server's port opens now."""
    if nas.path is None:
        return _report(NONE, nas, None, None, None)
    mount, trouble = _mount(nas.path, units)
    found = _status(nas, mount, trouble, documents, fault)
    if nas.source is None:
        return _report(found, nas, mount, None, None)
    source = parse(nas.source)
    closed = await reach.trouble(source.host, source.port, REACH_SECONDS)
    return _report(found, nas, mount, closed is None, closed)


def _report(
    found: NasStatus, nas: Nas, mount: Mount | None, reachable: bool | None, closed: str | None
) -> NasReport:
    told = (
        None if found.fault == NasDown.id else closed
    )  # which the monitor has asked more than that
    message = "; ".join(part for part in (found.message, told) if part) or None
    return NasReport.model_validate(
        {
            **found.model_dump(),
            "message": message,
            "enabled": nas.enabled,
            "reachable": reachable,
            "read_only": None if mount is None else "ro" in mount.options,
            "options": [] if mount is None else list(mount.options),
            "unit": None if nas.source is None or nas.path is None else unit_name(nas.path),
        }
    )


def _mount(path: str, units: MountUnits) -> tuple[Mount | None, str | None]:
    """The mount, or why there is none to be seen; an empty reason: it could be asked, and nothing is there."""
    try:
        return units.mounted(path), None
    except OSError as error:
        return None, f"cannot read what is mounted: {error.strerror}"


def _status(
    nas: Nas,
    mount: Mount | None,
    trouble: str | None,
    documents: Documents,
    fault: Finding | None,
) -> NasStatus:
    ours = nas.source is not None
    message = trouble
    if trouble is None and mount is None:
        message = f"nothing is mounted at {nas.path}"
    elif mount is not None and ours and not mount.is_network:
        message = f"{mount.source} ({mount.type}) is mounted at {nas.path} instead of {nas.source}"
    told = fault if trouble is None and fault is not None and _still(fault, mount) else None
    there = mount is not None and (mount.is_network or not ours)
    count = documents.last(nas.source)
    return NasStatus(
        configured=True,
        mounted=None if trouble else there,
        source=nas.source or (mount.source if mount else None),
        path=nas.path,
        message=told.summary if told else message,
        fault=told.id if told else None,
        documents=count.documents if count else None,
        documents_complete=count.complete if count else None,
        documents_at=count.at if count else None,
    )


def _still(fault: Finding, mount: Mount | None) -> bool:
    """The kernel's table is read now, and the fault was found up to a minute ago."""
    return fault.id != NasAbsent.id or mount is None
