"""A run of the doctor: by the daemon, or, where it does not answer, by its program."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from tarsd.errors import HostSilent
from tarsd.host.own_api import OwnApi
from tarsd.operations.bundle.collectors.documents import as_document
from tarsd.operations.bundle.collectors.page import Run
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File
from tarsd.paths import Paths

DEADLINE = 45.0
"""Seconds; each check has a deadline of its own, and with an Engine that hangs many wait for theirs."""

NAME = "doctor/doctor.json"

COUNTS = {
    "pass": "passed",
    "fail": "failed",
    "warn": "warned",
    "skip": "skipped",
    "unknown": "unknown",
}
"""Beside `pass`, a redactor takes a number for a password."""


def doctor(api: OwnApi, run: Run, paths: Paths) -> Collector:
    """Each check is asked once, but none of the deep ones: nothing is to be made to work for this."""

    async def findings() -> Any:
        try:
            await api.get("/v1/version", deadline=2.0)
        except HostSilent:
            return await _offline()
        return _counted(await api.post("/v1/doctor", {}, DEADLINE))

    async def _offline() -> Any:
        said = b"".join([piece async for piece in run([str(paths.program), "doctor", "examine"])])
        try:
            envelope = json.loads(said)
            if envelope["type"] == "error":
                raise HostSilent(str(envelope["error"]["message"]))
            return {**_counted(envelope["result"]), "offline": True}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise HostSilent("cannot understand what tarsd doctor says") from error

    async def stream() -> AsyncGenerator[bytes, None]:
        yield as_document(await findings())

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        yield File(NAME, stream, DEADLINE + 5)

    return Collector(
        "doctor",
        "Doctor",
        "what every check found just now, with what helps",
        files,
        deadline=DEADLINE + 10,
    )


def _counted(result: Mapping[str, Any]) -> dict[str, Any]:
    """The findings, and how many of each kind, by other names than the API's. Raises TypeError where it is none."""
    rest = {key: value for key, value in result.items() if key != "summary"}
    counts: Mapping[str, Any] = result.get("summary") or {}
    return {"counts": {COUNTS.get(key, key): it for key, it in counts.items()}, **rest}
