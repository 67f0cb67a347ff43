"""A machine with an NVIDIA card, as directories, and jobs that say what NVML would."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tarsd.host.docker_api import DockerApi
from tarsd.host.gpu import Gpus
from tarsd.host.jobs import Job, Outcome
from tarsd.host.own_jobs import OwnJobs

LOADED = "550.163.01"
CARD: dict[str, Any] = {
    "number": 0,
    "uuid": "GPU-0f2f",
    "name": "NVIDIA GeForce RTX 4090",
    "total": 24 << 30,
    "used": 1 << 30,
    "temperature": 45,
    "slowdown": 95,
    "most": 90,
    "busy": 0,
    "processes": [],
}


def told(*cards: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """The job's answer: one card that is well, or these; the driver is of one version, but for what is said."""
    on_disk = {"module": LOADED, "library": LOADED, "kernel": "6.12.9", "present": "yes"}
    installed = {**on_disk, **facts.pop("installed", {})}
    rows = [{**CARD, **card} for card in cards] or [CARD]
    return {"code": 0, "said": "", "driver": LOADED, "installed": installed, "cards": rows, **facts}


def refuses(code: int, said: str = "Unknown Error", **facts: Any) -> dict[str, Any]:
    """NVML's own error for the whole of it."""
    return {**told(**facts), "code": code, "said": said, "cards": []}


class NvmlJobs:
    """Jobs that answer `says`, each in turn and the last one for ever; `asked` counts them."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says) or [told()]
        self.asked = 0
        self.before: Any = None
        """Awaited before each answer, as a card that hangs."""

    async def run(self, job: Job) -> Outcome:
        self.asked += 1
        if self.before is not None:
            await self.before()
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return Outcome(0, json.dumps(said).encode(), "")

    async def stop_leftovers(self) -> list[str]:
        return []

    @property
    def strays(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is open."""

    def own(self) -> OwnJobs:
        return OwnJobs(self, Path("/nowhere"))


def machine(root: Path, *, loaded: str | None = LOADED, power: str = "active") -> Path:
    """Write it there: one card, its driver loaded."""
    device = root / "sys/bus/pci/devices/0000:01:00.0"
    (device / "power").mkdir(parents=True, exist_ok=True)
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030000\n")
    (device / "power/runtime_status").write_text(f"{power}\n")
    module = root / "sys/module/nvidia/version"
    module.parent.mkdir(parents=True, exist_ok=True)
    if loaded is not None:
        module.write_text(f"{loaded}\n")
        proc = root / "proc/driver/nvidia"
        (proc / "gpus/0000:01:00.0").mkdir(parents=True, exist_ok=True)
        line = f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {loaded}  Thu Feb 22\n"
        (proc / "version").write_text(line)
        (proc / "gpus/0000:01:00.0/information").write_text("Model: \t NVIDIA GeForce RTX 4090\n")
    return root


def gpus(root: Path, docker: DockerApi | None = None) -> Gpus:
    return Gpus(docker or DockerApi("/nowhere"), root)
