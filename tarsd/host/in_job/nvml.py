"""What NVML says of every card, fact by fact: what one fact cannot be told of is told of no other.

Asked anew in a process of its own each time: one that has loaded the library of a driver never sees the next one, and a
call may hang for as long as the card does. Numbers that no card can have are left out and named in `absurd`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tarsd.host.in_job.nvidia_installed import installed
from tarsd.host.in_job.placed import placed

OURS = (3, 13)
"""Codes that say nothing of the card: not supported (normal on consumer cards), and a library that lacks the call."""

WHOLE_CARD = (15, 16)
"""Codes that are of the card, whatever was asked: it has fallen off the bus, or must be reset."""

RECOVERY = 230
"""NVML_FI_DEV_GET_GPU_RECOVERY_ACTION"""

BOUNDS = {
    "temperature": (-50, 200),
    "slowdown": (1, 200),
    "most": (1, 200),
    "busy": (0, 100),
    "power": (0, 5_000_000),
    "limit": (0, 5_000_000),
    "total": (1, 1 << 50),
    "used": (0, 1 << 50),
    "reasons": (0, 1 << 32),
    "recovery": (0, 1000),
}
"""Degrees, percent, milliwatts, bytes, bits: what lies outside is no answer."""


def answer(_given: object) -> dict[str, Any]:
    """`code` is NVML's for the whole of it, 0 where there are `cards`; `installed` are versions on disk."""
    found: dict[str, Any] = {"installed": installed(), "code": 0, "said": "", "cards": []}
    nvml = import_module("pynvml")  # it carries no types
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return {**found, "code": int(error.value), "said": str(error)}
    try:
        found["driver"] = _text(nvml, lambda: nvml.nvmlSystemGetDriverVersion())
        found["cards"] = [_card(nvml, number) for number in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError as error:
        found |= {"code": int(error.value), "said": str(error)}
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
    return found


def _text(nvml: Any, ask: Callable[[], object]) -> str | None:
    try:
        return str(ask())
    except (nvml.NVMLError, ValueError, AttributeError):  # bytes that are no text; an older package
        return None


def _card(nvml: Any, number: int) -> dict[str, Any]:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(number)
    except nvml.NVMLError as error:
        return {"number": number, "code": int(error.value), "said": str(error)}
    facts = _Facts(nvml)
    card = {
        "number": number,
        "uuid": _text(nvml, lambda: nvml.nvmlDeviceGetUUID(handle)),
        "name": _text(nvml, lambda: nvml.nvmlDeviceGetName(handle)),
        "bus": _text(nvml, lambda: nvml.nvmlDeviceGetPciInfo(handle).busId),
        **facts.of(handle),
        "processes": facts.get("processes", lambda: _processes(nvml, handle)),
    }
    return {**card, "code": facts.code, "refused": facts.refused, "absurd": facts.absurd}


class _Facts:
    """`code`: of the whole card, 0 if it is well; `refused`: codes by fact; `absurd`: what was said instead, by fact."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self.code = 0
        self.refused: dict[str, int] = {}
        self.absurd: dict[str, str] = {}

    def of(self, handle: object) -> dict[str, Any]:
        """Every number."""
        nvml, number = self._nvml, self._number
        memory = self.get("memory", lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        total = number("total", lambda: memory.total) if memory else None
        used = number("used", lambda: memory.used) if memory else None
        if total is not None and used is not None and used > total:
            self.absurd["used"], used = str(used), None
        return {
            "total": total,
            "used": used,
            "temperature": number("temperature", lambda: nvml.nvmlDeviceGetTemperature(handle, 0)),
            "slowdown": number(
                "slowdown", lambda: nvml.nvmlDeviceGetTemperatureThreshold(handle, 1)
            ),
            "most": number("most", lambda: nvml.nvmlDeviceGetTemperatureThreshold(handle, 3)),
            "busy": number("busy", lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu),
            "power": number("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle)),
            "limit": number("limit", lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle)),
            "reasons": number("reasons", lambda: _reasons(nvml, handle)),
            "recovery": number("recovery", lambda: _recovery(nvml, handle)),
        }

    def get(self, name: str, ask: Callable[[], Any]) -> Any:
        """The answer, or None and why."""
        try:
            return ask()
        except self._nvml.NVMLError as error:
            code = int(error.value)
            if code in WHOLE_CARD:
                self.code = code
            if code not in OURS:
                self.refused[name] = code
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            self.absurd[name] = repr(error)[:80]
        return None

    def _number(self, name: str, ask: Callable[[], Any]) -> int | None:
        """A whole one within its bounds; NaN and infinity are none."""
        said = self.get(name, ask)
        if said is None:
            return None
        least, most = BOUNDS[name]
        if not least <= said <= most:
            self.absurd[name] = str(said)
            return None
        return int(said)


def _reasons(nvml: Any, handle: object) -> int:
    """Why its clocks are held down; the name of the call changed with driver 535."""
    try:
        return int(nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
    except nvml.NVMLError as error:
        if error.value not in OURS:
            raise
    return int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))


def _recovery(nvml: Any, handle: object) -> int:
    (field,) = nvml.nvmlDeviceGetFieldValues(handle, [RECOVERY])
    if field.nvmlReturn != 0:
        raise nvml.NVMLError(field.nvmlReturn)
    return int(field.value.uiVal)


def _processes(nvml: Any, handle: object) -> Sequence[dict[str, Any]]:
    """Those that compute; `memory` in bytes, None where the driver does not tell; `container` is Docker's id."""
    return [
        {
            "pid": int(it.pid),
            "memory": it.usedGpuMemory if _sound(it.usedGpuMemory) else None,
            "command": _read(it.pid, "comm"),
            "container": placed(_read(it.pid, "cgroup"))[1],
        }
        for it in _running(nvml, handle)
    ]


def _running(nvml: Any, handle: object) -> Any:
    """By the newest call that the library has: of the package's own choice it makes an error of another kind."""
    try:
        return nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle)
    except nvml.NVMLError as error:
        if error.value not in OURS:
            raise
    return nvml.nvmlDeviceGetComputeRunningProcesses_v2(handle)


def _sound(memory: object) -> bool:
    return isinstance(memory, int) and 0 <= memory <= BOUNDS["used"][1]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # it has ended meanwhile
        return ""
