"""What the services answer: their probes, how much Chroma holds, which models there are. Counts and names, no content."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

from tarsd.engine.probe_choice import ProbeChooser
from tarsd.errors import ProbeFailed
from tarsd.host.chroma import Chroma
from tarsd.host.generations import Generations, Service
from tarsd.host.http import HttpSession
from tarsd.host.ollama import Ollama
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.bundle.collectors.documents import document
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere
from tarsd.settings import Settings


def probes(generations: Generations, secrets: SecretFiles, http: HttpSession) -> Collector:
    """Asked here and now, whatever the daemon last heard."""
    chooser = ProbeChooser(secrets, http)

    async def ask() -> Any:
        current = await asyncio.to_thread(generations.current)
        if current is None:
            raise NotHere("nothing is installed yet")
        services = current.services.values()
        return await asyncio.gather(*(_probed(chooser, it) for it in services))

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield document("probes/probes.json", ask)

    return Collector(
        "probes", "Probes", "whether each service answers, how fast, and what it says if not", files
    )


async def _probed(chooser: ProbeChooser, service: Service) -> dict[str, Any]:
    choice = chooser.choose(service)
    told: dict[str, Any] = {"service": service.name, "level": choice.level, "latency_ms": None}
    if choice.probe is None:
        return {**told, "message": choice.problem or "it has no probe"}
    try:
        return {**told, "latency_ms": round(await choice.probe.ask() * 1000, 1), "message": None}
    except ProbeFailed as error:
        return {**told, "message": error.reason, "why": error.why}


def chroma(http: HttpSession, settings: Callable[[], Settings]) -> Collector:
    """Its collections have names that people gave them: they are counted."""
    it = Chroma(http, lambda: settings().ports.chromadb)

    async def ask() -> Any:
        holds = await it.holds()
        return {"collections": holds.collections, "records": holds.records}

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield document("chroma/counts.json", ask)

    return Collector("chroma", "Chroma", "how many collections and records, no names", files)


def models(http: HttpSession, settings: Callable[[], Settings]) -> Collector:
    """Without what a Modelfile says: its system prompt is somebody's own."""
    it = Ollama(http, lambda: settings().ports.ollama)

    async def ask() -> Any:
        here, loaded = await asyncio.gather(it.models(), it.loaded())
        return {
            "models": [json.loads(model.model_dump_json()) for model in here],
            "loaded": [json.loads(model.model_dump_json()) for model in loaded],
            "kept": list(settings().models.keep),
        }

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield document("models/models.json", ask)

    return Collector("models", "Models", "which models are here and which are in memory", files)
