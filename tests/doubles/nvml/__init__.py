"""A double of NVIDIA's management library, libnvidia-ml.so.1: built from nvml.c by the test, with cc.

It answers the unmodified package nvidia-ml-py as a scenario file says; no card is behind it. Standard library only.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).with_name("nvml.c")
LIBRARY = "libnvidia-ml.so.1"
SCENARIO = "NVML_DOUBLE_SCENARIO"
"""The variable that names the scenario file; without it /run/nvml-double is read."""

WELL = """\
driver 550.163.01
card 0
uuid 0 GPU-0f2f6d2e-2a1b-4f3c-9d5e-6a7b8c9d0e1f
name 0 NVIDIA GeForce RTX 4090
total 0 25757220864
used 0 1073741824
temperature 0 45
slowdown 0 95
most 0 90
"""
"""One card that is well, with nothing on it."""


def build(directory: Path, lacks: Sequence[str] = ()) -> Path:
    """Build it there; `lacks` are functions that an older library does not have. Raises subprocess.CalledProcessError."""
    made = directory / LIBRARY
    missing = [f"-DLACKS_{name}" for name in lacks]
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", *missing, "-o", str(made)]
    subprocess.run([*command, str(SOURCE)], check=True, capture_output=True, timeout=60)
    return made
