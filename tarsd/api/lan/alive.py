"""/healthz: that somebody is there, and nothing else."""

from typing import Literal

from pydantic import BaseModel

from tarsd.api.lan.route import LanCall


class Alive(BaseModel):
    """tarsd answers; how the stack is, it says to those who may know."""

    status: Literal["ok"] = "ok"


async def healthz(_: LanCall) -> Alive:
    """It answers."""
    return Alive()
