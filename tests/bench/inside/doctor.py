"""One examination of a warm daemon, and a deep one: doctor.py RUNS. Prints one JSON object. Standard library only."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.inside.idle import cpu_seconds

PAUSE = 3.0
"""Seconds between two: a job of the cadence that falls into one is not the doctor's."""


def ended_children() -> float:
    """CPU seconds of what systemd itself has waited for: jobs are its children, and are gone when they can be asked."""
    ticks = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[13:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def examine(*words: str) -> dict[str, float]:
    """Wall and CPU seconds of the daemon and its jobs, and those of the daemon alone."""
    daemon, jobs, began = cpu_seconds(), ended_children(), time.perf_counter()
    command = ["tarsctl", "doctor", "--json", *words]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
    wall = time.perf_counter() - began
    ours = cpu_seconds() - daemon
    counts: dict[str, int] = told["summary"]
    return {
        "wall": wall,
        "cpu": ours + ended_children() - jobs,
        "daemon_cpu": ours,
        "findings": sum(counts.values()),
        "failed": counts["fail"],
    }


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def main(count: int) -> dict[str, Any]:
    """The first warms the daemon up and does not count."""
    examine()
    found: dict[str, Any] = {}
    for name, words in (("fast", ()), ("deep", ("--deep",))):
        runs: list[dict[str, float]] = []
        for _ in range(count):
            time.sleep(PAUSE)
            runs.append(examine(*words))
        found[name] = medians(runs) | {"longest": max(run["wall"] for run in runs)}
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(float(sys.argv[1])))))
