"""The Engine's events: hints that something is to be looked at, never the truth themselves."""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

from tarsd.errors import EngineUnavailable
from tarsd.host.containers import ONE_OFF_LABEL, PROJECT_LABEL, SERVICE_LABEL
from tarsd.host.docker_api import DEADLINE, RESTART, DockerApi
from tarsd.host.json_lines import json_lines

FILTERS: Mapping[str, Sequence[str]] = {
    "type": ["container", "network", "volume"],
    "event": ["start", "die", "kill", "stop", "oom", "update", "destroy", "health_status"],
}
"""No label among them: networks and volumes carry none in their events, so it would hide their removal (20.10, 26.1)."""

REMEMBERED = 512
"""Events told apart from a repetition: twice what the Engine remembers and may send again."""

Kind = Literal["container", "network", "volume"]
Action = Literal["start", "die", "kill", "stop", "oom", "update", "health", "destroy"]
"""`kill` is a signal sent through the API: `docker stop` and an Engine going down send one too; a crash sends none.

A health check's verdict (`health_status: unhealthy`) is `health`; of networks and volumes only `destroy` is followed.
After a `docker stop`, `die` and `stop` come in this order from 20.10 and in the other from 26.1.
"""

_ACTIONS: Mapping[str, Action] = {
    "start": "start", "die": "die", "kill": "kill", "stop": "stop", "oom": "oom", "update": "update",
    "destroy": "destroy", "health_status": "health",
}  # fmt: skip
_CODES = {"die": "exitCode", "kill": "signal"}


@dataclass(frozen=True)
class EngineEvent:
    """`at` is the Engine's own `timeNano`, which orders and tells apart; `service` is None where it is not a container's.

    `code` is the exit status of a `die`, the signal of a `kill`; `text` the health of a `health`, or the name of a
    network or volume.
    """

    at: int
    kind: Kind
    action: Action
    id: str
    service: str | None
    code: int | None = None
    text: str | None = None


class EngineEvents:
    """The events of one Compose project, each once; one-off containers are not of the stack and never told of."""

    def __init__(self, api: DockerApi, project: str) -> None:
        self._api = api
        self._project = project
        self._told: deque[tuple[int, str, str]] = deque(maxlen=REMEMBERED)

    @asynccontextmanager
    async def subscribe(
        self, since: int | None = None
    ) -> AsyncGenerator[AsyncIterator[Sequence[EngineEvent]], None]:
        """Inside, the stream is open; what came together is handed on together, until the Engine ends it.

        `since`, in nanoseconds, asks for what the Engine still remembers from then on. Raises EngineUnavailable where the
        stream cannot be opened or breaks off, EngineRefused where the Engine says no.
        """
        query = {"filters": json.dumps(FILTERS)}
        if (
            since is not None
        ):  # a plain number of nanoseconds would be taken for seconds, and match nothing
            query["since"] = f"{since // 10**9}.{since % 10**9:09d}"
        async with AsyncExitStack() as stack:
            opening = stack.enter_async_context(self._api.stream("GET", "/events", query))
            try:
                response = await asyncio.wait_for(opening, DEADLINE)
            except asyncio.TimeoutError as error:
                raise EngineUnavailable(
                    "cannot follow the Docker Engine: no answer to GET /events in time", fix=RESTART
                ) from error
            yield self._read(response.content.iter_any())

    async def _read(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Sequence[EngineEvent]]:
        async for lines in json_lines(pieces):
            found = [event for line in lines if (event := event_of(line, self._project))]
            news = [event for event in found if self._is_new(event)]
            if news:
                yield news

    def _is_new(self, event: EngineEvent) -> bool:
        """`since` is inclusive, so an Engine repeats at least the last one."""
        key = (event.at, event.id, event.action)
        if key in self._told:
            return False
        self._told.append(key)
        return True


def event_of(raw: object, project: str) -> EngineEvent | None:
    """What a line of the stream tells of the project; None for what is not its, not followed, or makes no sense."""
    if not isinstance(raw, dict):
        return None
    line = cast("dict[str, Any]", raw)
    kind, at = line.get("Type"), line.get("timeNano")
    if not isinstance(line.get("Actor"), dict) or type(at) is not int or not 0 < at < 2**63:
        return None
    actor = cast("dict[str, Any]", line["Actor"])
    named, labels = actor.get("ID"), actor.get("Attributes")
    word, _, verdict = str(line.get("Action")).partition(":")
    action = _ACTIONS.get(word)
    if action is None or not isinstance(named, str) or not isinstance(labels, dict):
        return None
    attributes = cast("dict[str, Any]", labels)
    if kind == "container":
        text = verdict.strip()[:20] if action == "health" else None
        return _of_container(at, action, named, attributes, text, project)
    if kind not in ("network", "volume") or action != "destroy":
        return None
    name = attributes.get("name") if kind == "network" else named
    if not isinstance(name, str) or not name.startswith(f"{project}_"):
        return None
    return EngineEvent(at, kind, action, named, None, text=name)


def _of_container(
    at: int, action: Action, id_: str, labels: Mapping[str, Any], text: str | None, project: str
) -> EngineEvent | None:
    service = labels.get(SERVICE_LABEL)
    if labels.get(PROJECT_LABEL) != project or labels.get(ONE_OFF_LABEL) == "True":
        return None
    if not isinstance(service, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,128}", service):
        return None
    if not re.fullmatch(r"[0-9a-f]{12,64}", id_):  # it becomes part of a path
        return None
    code = labels.get(_CODES.get(action, ""))
    number = (
        int(code) if isinstance(code, str) and re.fullmatch(r"-?\d{1,10}", code, re.A) else None
    )
    return EngineEvent(at, "container", action, id_, service, number, text)
