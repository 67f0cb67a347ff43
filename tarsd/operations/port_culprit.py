"""A port that somebody took after the machine was looked at: who it is, asked when the Engine has stumbled over it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from tarsd.catalogue.ports import held, wanted
from tarsd.errors import EngineRefused, EngineUnavailable, JobFailed, PortUnavailable
from tarsd.host.generations import Generation
from tarsd.host.listeners import Listeners


class PortCulprit:
    """Asks as the preflight asks."""

    def __init__(self, listeners: Listeners, project: str) -> None:
        self._listeners = listeners
        self._project = project

    async def named(self, error: PortUnavailable, generation: Generation) -> PortUnavailable:
        """The error with the holder and what frees the port; as it was where nobody can be told, or is there any more."""
        try:
            found = await self._listeners.all()
        except (JobFailed, EngineUnavailable, EngineRefused):
            return error
        others = [it for it in found if it.project != self._project]
        stack: Mapping[str, Any] = json.loads(
            await asyncio.to_thread(generation.compose_file.read_bytes)
        )
        for place in wanted(stack, ()):
            for it in others:
                if place.port == error.port and it.holds(place.address, place.port):
                    finding = held(place, it)
                    return PortUnavailable(
                        error.address,
                        error.port,
                        f"cannot start {place.service}: {finding.subject}: held by {it.owner()}",
                        fix=finding.fix,
                        failures=[finding.as_json()],
                    )
        return error
