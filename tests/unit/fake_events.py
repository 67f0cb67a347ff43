"""The events of the Engine's double: a memory of 256, filters and `since` as the real one has them, and bad streams."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web

MEMORY = 256
TRACES = Path(__file__).parent / "engine" / "traces"


def trace(name: str) -> list[dict[str, Any]]:
    """The events of a recorded trace, as `26.1/stop`, as the Engine sent them."""
    return [line for line in trace_lines(name) if "Action" in line]


def trace_lines(name: str) -> list[dict[str, Any]]:
    """All lines of a trace, marks included (tests/unit/engine/traces has a README)."""
    lines = (TRACES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def raw_event(
    kind: str,
    action: str,
    name: str,
    attributes: Mapping[str, str],
    *,
    id_: str | None = None,
    at: int | None = None,
) -> dict[str, Any]:
    """One event as the Engine's API has it."""
    nano = time.time_ns() if at is None else at
    return {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": id_ or sha256(name.encode()).hexdigest(), "Attributes": {**attributes}},
        "scope": "local",
        "time": nano // 10**9,
        "timeNano": nano,
    }


class FakeEvents:
    """Open streams, and what was said. `asked` are the queries, in order; `open` is how many listen now."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self._memory: deque[dict[str, Any]] = deque(maxlen=MEMORY)
        self._streams: dict[asyncio.Queue[bytes | None], Mapping[str, Sequence[str]]] = {}
        self._transports: set[asyncio.BaseTransport] = set()

    @property
    def open(self) -> int:
        return len(self._streams)

    def say(self, event: dict[str, Any]) -> None:
        """Send it to every stream whose filters let it through."""
        self._memory.append(event)
        for stream, filters in self._streams.items():
            if _passes(event, filters):
                stream.put_nowait(json.dumps(event).encode() + b"\n")

    def say_bytes(self, raw: bytes) -> None:
        """Send to every stream what need not be an event."""
        for stream in self._streams:
            stream.put_nowait(raw)

    def end(self) -> None:
        """End all streams as an Engine does that goes down in order, which forgets what it said."""
        self._memory.clear()
        for stream in self._streams:
            stream.put_nowait(None)

    def cut(self) -> None:
        """Break all streams off in the middle."""
        for transport in self._transports:
            transport.abort()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /events`"""
        self.asked.append(dict(request.query))
        filters: dict[str, list[str]] = json.loads(request.query.get("filters", "{}"))
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"")
        stream: asyncio.Queue[bytes | None] = asyncio.Queue()
        for event in self._since(request.query.get("since")):
            if _passes(event, filters):
                stream.put_nowait(json.dumps(event).encode() + b"\n")
        if "until" in request.query:
            stream.put_nowait(None)
        self._streams[stream] = filters
        assert request.transport is not None
        self._transports.add(request.transport)
        try:
            while (piece := await stream.get()) is not None:
                await response.write(piece)
            await response.write_eof()
        except ConnectionError:
            pass  # cut
        finally:
            del self._streams[stream]
            self._transports.discard(request.transport)
        return response

    def _since(self, text: str | None) -> list[dict[str, Any]]:
        """What the memory holds from that moment on, it included; seconds with a fraction, as the Engine wants them."""
        if text is None:
            return []
        moment = int(Decimal(text) * 10**9)
        return [event for event in self._memory if event["timeNano"] >= moment]


def _passes(event: Mapping[str, Any], filters: Mapping[str, Sequence[str]]) -> bool:
    """An event `health_status: healthy` is let through by `health_status`."""
    action = str(event.get("Action", "")).partition(":")[0]
    types, actions = filters.get("type", ()), filters.get("event", ())
    actor: Mapping[str, Any] = event.get("Actor") or {}
    labels: Mapping[str, str] = actor.get("Attributes") or {}
    wanted = (label.partition("=") for label in filters.get("label", ()))
    return (
        (not types or event.get("Type") in types)
        and (not actions or action in actions)
        and all(labels.get(key) == value for key, _, value in wanted)
    )
