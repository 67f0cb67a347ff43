"""What is known of a NAS without touching it: all is well, but for what a test changes."""

from dataclasses import dataclass, field, replace

from tarsd.host.mounts import Mount
from tarsd.host.nas.looks import Look
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.sight import Sight
from tarsd.nas_source import Source


@dataclass
class FakeSight(Sight):
    """`down` is why the server does not answer, `seen` what a look sees, `refused` why systemd could not mount, and
    `tested` whether a test has worked since.

    `containers` is the device that each process has at the documents' path; one that is not in it has ended.
    """

    down: Refusal | None = None
    seen: Look = field(default_factory=Look)
    refused: Refusal | None = None
    tested: bool = False
    containers: dict[int, str | None] = field(default_factory=dict[int, str | None])
    remounting: bool = False
    asked: list[str] = field(default_factory=list[str])

    async def trouble(self, source: Source, *, nfs3: bool = False) -> Refusal | None:
        self.asked.append(f"server {source.host}{' 3' if nfs3 else ''}")
        return self.down

    async def look(
        self, mount: Mount, marker: str | None, inside: frozenset[tuple[int, str]] = frozenset()
    ) -> Look:
        self.asked.append(" ".join(["look", mount.path, *(at for _, at in sorted(inside))]))
        seen = {pid: self.containers[pid] for pid, _ in inside if pid in self.containers}
        return replace(self.seen, inside=seen)

    @property
    def proved(self) -> bool:
        return self.tested

    def forget(self) -> None:
        self.asked.append("forget")

    async def refusal(
        self, path: str, source: Source, version: str, credentials: str | None
    ) -> Refusal | None:
        self.asked.append("refusal")
        return self.refused
