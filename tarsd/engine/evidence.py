"""Before an act: what there is to see is kept, for the act will change it. Within a deadline, and without any secret."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any, cast

from tarsd.catalogue.check import Finding
from tarsd.engine.incident import Incident
from tarsd.errors import TarsError
from tarsd.host.blocking import Asker
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.evidence import MOST_BYTES, EvidenceFiles, pressure
from tarsd.host.gpu import Gpus
from tarsd.host.kernel_tail import KernelTail
from tarsd.host.nvidia.cards import Cards
from tarsd.host.secret_files import SecretFiles

DEADLINE = 5.0
"""Seconds in all, writing included: no act is held up for longer."""

GATHER = 3.5
"""Seconds of these for asking; what has not answered by then is left out."""

NAMES = 0.5
"""Seconds to list the files: a client that asks for an incident waits for the ledger, too."""

SNAPSHOT = 15.0
"""Seconds that NVML's word may be old."""

LOG_LINES = 400

_LONGEST_REASON = 120
_LONGEST_SECRET = 4096
"""Characters; no value of ours comes near."""


@dataclass(frozen=True)
class Saved:
    """`text` is the line of the timeline: what is kept, and what is not and why."""

    text: str
    seconds: float
    names: Sequence[str] = ()


@dataclass(frozen=True)
class _Log:
    """`cut`: it was longer, so a part of a secret may stand at its beginning."""

    text: str
    cut: bool

    def without_secrets(self, hide: Callable[[str], str]) -> str:
        """Hidden first, then without the beginning that may hold a part of one: no secret has a line break."""
        text = hide(self.text)
        if not self.cut:
            return text
        _, newline, rest = text.partition("\n")
        return rest if newline else text[_LONGEST_SECRET:]


@dataclass(frozen=True)
class Sources:
    """Who is asked. `pressure` blocks."""

    docker: DockerApi
    containers: Containers
    gpus: Gpus
    kernel: KernelTail
    pressure: Callable[[], str] = pressure
    nvml: Cards | None = None


class Evidence:
    """Never raises but for a cancel: evidence that cannot be had is said to be missing, and costs nothing else."""

    def __init__(self, sources: Sources, files: EvidenceFiles, secrets: SecretFiles) -> None:
        self._sources = sources
        self._files = files
        self._secrets = secrets
        self._reader = Asker("pressure")
        self._writer = Asker("evidence")

    async def save(
        self,
        incident: Incident,
        container: Container | None,
        findings: Sequence[Finding],
        unresolved: Collection[int],
    ) -> Saved:
        """Keep what is to be seen of it now; `container` is that of its service, if there is one."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if not incident.id:
            return Saved("no evidence: the incident is not recorded yet", 0.0)
        found, missing = await self._gather(container, findings)
        stamp = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}Z"
        names: Sequence[str] = ()

        def write() -> Sequence[str]:
            texts = _without_secrets(found, self._secrets.hider())
            return self._files.save(incident.id, stamp, texts, unresolved)

        try:
            names = await self._writer.ask(write, max(begun + DEADLINE - loop.time(), 0.1))
            text = f"evidence ({', '.join(_words(name, part) for name, part in found.items())})"
        except asyncio.TimeoutError:
            text = "no evidence: the disk does not answer"
        except OSError as error:
            text = f"no evidence: {_short(error.strerror or str(error))}"
        if names:
            text += "".join(f"; no {name}: {reason}" for name, reason in missing.items())
        return Saved(text, round(loop.time() - begun, 1), names)

    async def names(self, incident_id: int) -> Sequence[str]:
        """The files kept of an incident; none where the disk does not answer at once."""
        try:
            return await self._reader.ask(lambda: self._files.names(incident_id), NAMES)
        except (OSError, asyncio.TimeoutError):
            return []

    async def _gather(
        self, container: Container | None, findings: Sequence[Finding]
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """What was found by name of file, and why the rest was not. Who hangs is left behind, not waited for."""
        asked: dict[str, Coroutine[Any, Any, Any]] = {
            "gpu.json": self._gpu(),
            "kernel.log": self._sources.kernel.read(GATHER),
            "pressure.txt": self._reader.ask(self._sources.pressure, GATHER),
        }
        if container is not None:
            asked |= {
                "inspect.json": self._inspect(container),
                "container.log": self._log(container),
            }
        tasks = {name: asyncio.create_task(work) for name, work in asked.items()}
        try:
            await asyncio.wait(tasks.values(), timeout=GATHER)
        finally:
            for task in tasks.values():
                task.add_done_callback(_look_at)
                task.cancel()
        found: dict[str, Any] = {"findings.json": [finding.as_json() for finding in findings]}
        missing: dict[str, str] = {}
        for name, task in sorted(tasks.items()):
            if not task.done():
                missing[_TITLES[name]] = "no answer in time"
            elif (error := task.exception()) is not None:
                missing[_TITLES[name]] = _reason(error)
            elif task.result():
                found[name] = task.result()
        return found, missing

    async def _inspect(self, container: Container) -> Any:
        """As the Engine has it, its health log included, without what its environment says."""
        found = await self._sources.docker.object(f"/containers/{container.id}/json")
        config = found.get("Config")
        if isinstance(config, dict):
            settings = cast("dict[str, Any]", config)
            environment = cast("Sequence[object]", settings.get("Env") or ())
            names = [str(it).partition("=")[0] for it in environment]
            settings["Env"] = [f"{name}=[hidden]" for name in names]
        return found

    async def _log(self, container: Container) -> _Log | None:
        """Its last lines, or as much of their end as is kept and more, so that what is hidden leaves no gap."""
        kept: deque[bytes] = deque()
        size = 0
        cut = False
        async for chunk in self._sources.containers.logs(container, LOG_LINES, follow=False):
            kept.append(chunk)
            size += len(chunk)
            while size - len(kept[0]) > 2 * MOST_BYTES:
                size -= len(kept.popleft())
                cut = True
        return _Log(b"".join(kept).decode(errors="replace"), cut) if kept else None

    async def _gpu(self) -> Any:
        """The cards as the kernel has them, and what NVML said of them last: memory, processes, clocks. It is asked anew if
        it answers in time; `seconds_ago` tells how old its word is otherwise.
        """
        cards = [asdict(card) for card in await self._sources.gpus.all(GATHER)]
        if not cards or self._sources.nvml is None:
            return cards
        loop = asyncio.get_running_loop()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._sources.nvml.look(SNAPSHOT), GATHER - 0.5)
        look = self._sources.nvml.latest
        if look is None:
            return {"cards": cards, "nvml": "no answer in time"}
        said = look.why if look.told is None else look.told.model_dump()
        return {"cards": cards, "nvml": said, "seconds_ago": round(loop.time() - look.at, 1)}


_TITLES = {
    "container.log": "log",
    "findings.json": "findings",
    "gpu.json": "GPU",
    "inspect.json": "inspect",
    "kernel.log": "kernel log",
    "pressure.txt": "pressure",
}


def _words(name: str, found: Any) -> str:
    if name != "container.log":
        return _TITLES[name]
    lines = len(found.text.splitlines())
    return f"{lines} log line" + ("" if lines == 1 else "s")


def _without_secrets(found: Mapping[str, Any], hide: Callable[[str], str]) -> Mapping[str, str]:
    """Each part as text. In a document they are hidden before it becomes one, and in what it has become."""

    def text(part: Any) -> str:
        if isinstance(part, _Log):
            return part.without_secrets(hide)
        if isinstance(part, str):
            return hide(part)
        return hide(json.dumps(_hidden(part, hide), indent=1, ensure_ascii=False, default=str))

    return {name: text(part) for name, part in found.items()}


def _hidden(part: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(part, str):
        return hide(part)
    if isinstance(part, dict):
        rows = cast("dict[Any, Any]", part)
        return {hide(str(key)): _hidden(value, hide) for key, value in rows.items()}
    if isinstance(part, (list, tuple)):
        return [_hidden(value, hide) for value in cast("Sequence[Any]", part)]
    return part


def _reason(error: BaseException) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    return _short(error.message if isinstance(error, TarsError) else str(error))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "..."


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of an error that comes when nobody waits any more, or asyncio reports it as lost."""
    if not task.cancelled():
        task.exception()
