"""Pulls one model, as often as it takes: admitted by space, warned of by GPU memory, believed only once it is listed."""

import asyncio
import re
from contextlib import aclosing
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.errors import (
    EngineUnavailable,
    GpuSilent,
    JobFailed,
    ModelMissing,
    ModelNotPulled,
    ModelServerRefused,
    ModelServerUnavailable,
    NoSpace,
    TarsError,
)
from tarsd.host.gpu_memory import GpuMemory
from tarsd.host.model_disk import ModelDisk
from tarsd.host.ollama import Ollama
from tarsd.operations.layers import Layers

PAUSES = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds before each new attempt; after as many in a row that brought nothing, the pull is given up."""

PROGRESS = 1 << 20
"""Bytes that an attempt must bring to count as one that brought something."""

MARGIN = 1.2
"""Free space asked for, as a multiple of what is still to come: a fifth more (docs/models.md)."""

GPU_SHARE = 0.9
"""Part of the GPU's memory that weights may take: the rest goes to context and buffers. A judgement, on the low side."""

TOO_LARGE, NO_GPU, NO_DISK = "model.too-large", "model.gpu-memory", "model.space"

LOGS = "tarsctl logs ollama"
MAKE_ROOM = "tarsctl models list; sudo tarsctl models rm NAME; docker system df"

_UNKNOWN = re.compile(r"file does not exist|not found|manifest unknown|invalid model name", re.I)
_FULL = re.compile(r"no space left|not enough space|disk quota", re.I)
_FINAL = re.compile(r"requires a newer version|unauthorized|access denied|forbidden", re.I)


class Puller:
    """Pulls by Ollama's own pull, which goes on where an earlier one stopped."""

    def __init__(self, ollama: Ollama, disk: ModelDisk, gpu: GpuMemory) -> None:
        self._ollama = ollama
        self._disk = disk
        self._gpu = gpu

    async def pull(self, name: str, step: Step) -> list[dict[str, Any]]:
        """Return once the model is listed, with warnings as findings.

        Raises ModelMissing, NoSpace, ModelNotPulled; ModelServerUnavailable where it was away all the time.
        """
        warnings: dict[str, Finding] = {}
        gpu = await self._gpu_memory(name, warnings)
        failures = best = 0
        while True:
            layers = Layers()
            try:
                await self._attempt(name, step, layers, gpu, warnings)
                return [it.as_json() for it in warnings.values()]
            except (ModelServerUnavailable, ModelServerRefused, EngineUnavailable) as error:
                _raise_final(name, error)
                failures = 1 if layers.done >= best + PROGRESS else failures + 1
                best = max(best, layers.done)
                if failures > len(PAUSES):
                    raise _given_up(name, error, best) from error
                pause = PAUSES[failures - 1]
                step.say(f"{_because(error)}; going on in {pause:.0f} s")
                await asyncio.sleep(pause)

    async def _attempt(
        self, name: str, step: Step, layers: Layers, gpu: int | None, warnings: dict[str, Finding]
    ) -> None:
        told = ""
        async with aclosing(self._ollama.pull(name)) as lines:
            async for line in lines:
                if layers.add(line):
                    await self._admit(name, layers, warnings)
                    _weigh(name, layers.total, gpu, warnings)
                told = line.status
                large = warnings.get(TOO_LARGE)
                note = f"{told}; {large.summary}" if large else told
                if layers.total:
                    step.progress(layers.done, layers.total, "bytes", note)
                else:
                    step.say(note)
        if told != "success":
            raise ModelServerUnavailable(
                f"cannot pull model {name}: the stream ended after {told!r}", fix=LOGS
            )
        if await self._ollama.find(name) is None:
            raise ModelServerUnavailable(
                f"cannot pull model {name}: the model server says success and does not list it",
                fix=LOGS,
            )

    async def _admit(self, name: str, layers: Layers, warnings: dict[str, Finding]) -> None:
        """Raises NoSpace."""
        disk = await self._disk.usage()
        missing = layers.total - layers.done
        needed = int(missing * MARGIN)
        if isinstance(disk, str):
            words = f"whether there is room for it is not known: {disk}"
            warnings[NO_DISK] = Finding(NO_DISK, name, Status.UNKNOWN, words, "df -h")
        elif needed > disk.free:
            raise NoSpace(
                f"cannot pull model {name}: {gib(missing)} are still to come, which asks for "
                f"{gib(needed)} free in {disk.path}, and {gib(disk.free)} are",
                fix=MAKE_ROOM,
                details={"needed_bytes": needed, "free_bytes": disk.free, "path": disk.path},
            )

    async def _gpu_memory(self, name: str, warnings: dict[str, Finding]) -> int | None:
        try:
            return await self._gpu.total()
        except (JobFailed, GpuSilent) as error:
            warnings[NO_GPU] = Finding(NO_GPU, name, Status.UNKNOWN, error.message, "nvidia-smi")
            return None


def _weigh(name: str, size: int, gpu: int | None, warnings: dict[str, Finding]) -> None:
    """Warn of a model that the GPU's memory is too small for."""
    if gpu is not None and size > gpu * GPU_SHARE:
        words = f"{gib(size)} will not fit wholly on the GPU ({gib(gpu)}): part of it will run on the CPU, slowly"
        fix = "choose a smaller model or quantization"
        warnings[TOO_LARGE] = Finding(TOO_LARGE, name, Status.WARN, words, fix)


def gib(size: float) -> str:
    """Bytes for a person."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _said(error: TarsError) -> str:
    return str(error.details.get("said") or "")


def _because(error: TarsError) -> str:
    return _said(error) or error.message


def _raise_final(name: str, error: TarsError) -> None:
    """Raise what trying again cannot change."""
    said = _said(error)
    if _UNKNOWN.search(said):
        raise ModelMissing(
            f"cannot pull model {name}: the registry has none of that name; it says {said!r}",
            fix="look the name up at https://ollama.com/library, then: tarsctl models pull NAME",
        ) from error
    if _FULL.search(said):
        raise NoSpace(
            f"cannot pull model {name}: the model server says {said!r}",
            fix=MAKE_ROOM,
        ) from error
    if _FINAL.search(said) or error.details.get("status") in range(400, 500):
        raise ModelNotPulled(
            f"cannot pull model {name}: the model server says {said!r}", fix=LOGS
        ) from error


def _given_up(name: str, error: TarsError, best: int) -> TarsError:
    kind = ModelServerUnavailable if isinstance(error, ModelServerUnavailable) else ModelNotPulled
    kept = f"; {gib(best)} are here, and the next pull goes on from there" if best else ""
    return kind(
        f"cannot pull model {name}, tried {len(PAUSES) + 1} times: {_because(error)}{kept}",
        fix=f"tarsctl logs ollama; then: tarsctl models pull {name}",
    )
