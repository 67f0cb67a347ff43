"""Incidents: the ledger, what is unresolved, the owner's words, evidence."""

import time
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tarsd.api.handlers.incidents import IncidentHandlers
from tarsd.engine.evidence import Evidence, Sources
from tarsd.engine.incidents import Incidents
from tarsd.engine.owner_words import OwnerWords
from tarsd.engine.passes import utc_now
from tarsd.host.evidence import EvidenceFiles
from tarsd.host.kernel_tail import KernelTail
from tarsd.store import Database
from tarsd.store.ledger import Ledger
from tarsd.wiring.outside import Outside


@dataclass(frozen=True)
class Records:
    """What the healer and the API need of incidents."""

    incidents: Incidents
    owner: OwnerWords
    evidence: Evidence
    handlers: IncidentHandlers


def records(out: Outside, database: Database, log: FilteringBoundLogger) -> Records:
    """Construct them; nothing is read yet."""
    incidents = Incidents(Ledger(database), log, utc_now, time.monotonic)
    owner = OwnerWords(incidents)
    sources = Sources(
        out.docker, out.containers, out.gpus, KernelTail(out.own_jobs), nvml=out.nvidia.cards
    )
    files = EvidenceFiles(out.paths.evidence, lambda: out.settings().evidence)
    evidence = Evidence(sources, files, out.secrets)
    handlers = IncidentHandlers(incidents, owner, evidence, out.paths.evidence, utc_now)
    return Records(incidents, owner, evidence, handlers)
