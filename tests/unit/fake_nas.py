"""A double of a NAS and of systemd's mounting: what a share answers, which units there are, what the kernel shows."""

from typing import Any

from tarsd.errors import JobFailed
from tarsd.host.mounts import Mount
from tests.unit.changes.workshop import Points

SHARE = "//nas/docs"
PATH = "/mnt/nas/documents"


class FakeNas:
    """`problem` is what a trial finds, `up` whether a mount works, `documents` what a count finds (None: it hangs)."""

    def __init__(self, points: Points) -> None:
        self.problem: dict[str, str] | None = None
        self.up = True
        self.documents: int | None = 4312
        self.asked: list[dict[str, Any]] = []
        self.points = points
        self.files: dict[str, str] = {}
        self.mounts: dict[str, Mount] = {}
        self.tidied: list[str] = []
        self.starts = 0

    def answer(self, name: str, given: Any) -> Any:
        """What the job of that name answers."""
        if name == "nas-trial":
            self.asked.append(given)
            steps = [] if self.problem else [{"step": "files", "said": "3 entries at the top"}]
            return {"steps": steps, "problem": self.problem, "version": "3.1.1"}
        assert name == "nas-count", name
        if self.documents is None:
            raise JobFailed("cannot finish tarsd job nas-count: it ran past its 30 s")
        return {"documents": self.documents, "complete": True}

    async def read(self, path: str) -> str | None:
        return self.files.get(path)

    async def write(self, path: str, text: str | None) -> None:
        await self.points.reach()
        if text is None:
            self.files.pop(path, None)
        else:
            self.files[path] = text
        await self.points.reach()

    async def start(self, path: str) -> str:
        await self.points.reach()
        self.starts += 1
        if not self.up or path not in self.files:
            return "failed"
        source = self.files[path].partition("\nWhat=")[2].partition("\n")[0]
        self.mounts[path] = Mount(path, "cifs", source, ("ro", "vers=3.1.1"))
        await self.points.reach()
        return "done"

    async def stop(self, path: str) -> None:
        await self.points.reach()
        self.mounts.pop(path, None)
        await self.points.reach()

    async def tidy(self, path: str, *, parent_too: bool) -> None:
        self.tidied += [path, *(["parent"] if parent_too else [])]

    def mounted(self, path: str) -> Mount | None:
        return self.mounts.get(path)


class NotedNas:
    """Acts on the NAS that are only noted."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def mount(self) -> None:
        self.done.append("mount")

    async def remount(self) -> None:
        self.done.append("remount")
