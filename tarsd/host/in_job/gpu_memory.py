"""How much memory the NVIDIA cards have: NVML, in a job, because the daemon sees no device and NVML may hang."""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tarsd.host.in_job import CannotAnswer

DEVICE = Path("/dev/nvidia0")


def answer(_given: object) -> list[int]:
    """Bytes of each card, in NVML's order. Raises CannotAnswer."""
    if not DEVICE.exists():
        raise CannotAnswer(f"cannot ask for the GPU's memory: there is no {DEVICE}")
    nvml = import_module("pynvml")  # it carries no types
    try:
        nvml.nvmlInit()
        try:
            cards = range(nvml.nvmlDeviceGetCount())
            handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in cards]
            return [int(nvml.nvmlDeviceGetMemoryInfo(handle).total) for handle in handles]
        finally:
            with suppress(nvml.NVMLError):
                nvml.nvmlShutdown()
    except nvml.NVMLError as error:
        raise CannotAnswer(f"cannot ask for the GPU's memory: NVML says: {error}") from error
