"""All that is asked about the cards and the container that has them, each part once for the whole daemon."""

from dataclasses import dataclass, field

from tarsd.host.docker_api import DockerApi
from tarsd.host.gpu import Gpus
from tarsd.host.kernel_notes import KernelNotes, Xid
from tarsd.host.nvidia.cards import Cards
from tarsd.host.nvidia.idleness import Idleness
from tarsd.host.nvidia.inside import Inside
from tarsd.host.nvidia.ollama_log import OllamaLog
from tarsd.host.own_jobs import OwnJobs

FIRMWARE = (119, 120)
"""Xids of a card whose own processor (GSP) does not answer: each question to it then stalls for 45 s or for ever."""


@dataclass(frozen=True)
class Nvidia:
    """`fell_back` are starts of containers, by id and time, in which a model has run on the CPU."""

    cards: Cards
    inside: Inside
    log: OllamaLog
    idle: Idleness = field(default_factory=Idleness)
    fell_back: set[str] = field(default_factory=set[str])

    def forget(self) -> None:
        """Something has happened that may have taken a card from somebody: the next questions are asked anew."""
        self.cards.forget()
        self.inside.forget()


def nvidia(docker: DockerApi, jobs: OwnJobs, gpus: Gpus, kernel: KernelNotes) -> Nvidia:
    """Construct it; nothing is asked yet."""

    def stuck() -> str | None:
        hung: list[Xid] = [it for it in kernel.xids() if it.number in FIRMWARE]
        return (
            None if not hung else f"Xid {hung[-1].number} at {hung[-1].note.at:.0f} s of this boot"
        )

    return Nvidia(Cards(gpus, jobs, stuck), Inside(docker), OllamaLog(docker))
