"""The idle daemon, and what it costs to ask it: idle.py SECONDS SETTLE. Prints one JSON object. Standard library only."""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench.inside import host

OURS = re.compile(r"/(tarsd\.service|tars-job-[^/]*\.service)$", re.MULTILINE)
RUNS = 20
STARTS = 5
COMPOSE_PS = ("docker", "compose", "--project-name", "tars", "ps")


def ours(units: re.Pattern[str] = OURS) -> Iterator[tuple[Path, str]]:
    """The /proc directory and the unit of every process of tarsd and its jobs, or of other `units`."""
    for proc in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end meanwhile
            if unit := units.search((proc / "cgroup").read_text()):
                yield proc, unit[1]


def processes() -> list[dict[str, Any]]:
    """Every process of the unit and its jobs: name, unit, RSS and PSS in bytes."""
    found: list[dict[str, Any]] = []
    for proc, unit in ours():
        rollup = (proc / "smaps_rollup").read_text()
        name = (proc / "comm").read_text().strip()
        memory = {"rss": size(rollup, "Rss"), "pss": size(rollup, "Pss")}
        found.append({"name": name, "unit": unit, **memory})
    return found


def size(rollup: str, key: str) -> int:
    match = re.search(rf"^{key}:\s+(\d+) kB$", rollup, re.MULTILINE)
    assert match is not None, rollup
    return int(match[1]) * 1024


def cpu_seconds(units: re.Pattern[str] = OURS) -> float:
    """CPU time so far of all threads, and of all children that have ended.

    From /proc, not from the control group: without its own controller a machine has no figure there.
    """
    total = 0.0
    for proc, _ in ours(units):
        threads = (proc / "task").glob("*/schedstat")
        total += sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
        ticks = (proc / "stat").read_text().rpartition(")")[2].split()[13:15]
        total += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return total


def idle(seconds: float) -> dict[str, float]:
    """Share of one core, in per cent, and jobs begun, over that many seconds without a question."""
    since, before, started = time.time(), cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    share = 100 * (cpu_seconds() - before) / (time.monotonic() - started)
    units = host.run("journalctl", f"--since=@{since:.0f}", "--output=json", "--output-fields=UNIT")
    jobs = set(re.findall(r'"UNIT":"(tars-job-[^"]+)"', units.replace('" : "', '":"')))
    return {"idle_cpu_percent": share, "idle_jobs": len(jobs)}


def side_by_side() -> dict[str, dict[str, float]]:
    """Median CPU and wall seconds of `tarsctl status` and `docker compose ps`, taking turns."""
    programs = {"tarsctl status": ("tarsctl", "status"), "docker compose ps": COMPOSE_PS}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for _ in range(RUNS):
        for name, command in programs.items():
            taken[name].append(cost(command))
    return {
        name: {
            "cpu": statistics.median(cpu for cpu, _ in runs),
            "wall": statistics.median(wall for _, wall in runs),
        }
        for name, runs in taken.items()
    }


def cost(command: tuple[str, ...]) -> tuple[float, float]:
    """CPU and wall seconds of one run, its children included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    host.run(*command)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def stop_and_start() -> dict[str, float]:
    """The longest stop with a log stream open, and the longest start until READY, in seconds."""
    stops: list[float] = []
    starts: list[float] = []
    for _ in range(STARTS):
        with subprocess.Popen(
            ["tarsctl", "logs", "--follow", "redis"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as stream:
            time.sleep(1)  # until the stream is open
            stops.append(timed(lambda: host.run("systemctl", "stop", host.UNIT)))
            starts.append(timed(lambda: host.run("systemctl", "start", host.UNIT)))
            stream.terminate()
    return {"stop": max(stops), "ready": max(starts)}


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    """Measure in this order: what stirs the daemon comes last."""
    time.sleep(float(sys.argv[2]))
    measured: dict[str, Any] = {**idle(float(sys.argv[1]))}
    measured["processes"] = processes()
    measured |= side_by_side()
    measured |= stop_and_start()
    measured["machine"] = {"cores": os.cpu_count(), "kernel": os.uname().release}
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
