"""Whole bundles of a warm machine: how long each takes, and the memory of its job. Prints JSON; standard library only."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

JOB = "/tars-job-bundle"
PAUSE = 0.1
"""Seconds between two looks at the job's memory."""


def processes() -> Iterator[Path]:
    """Those of the job, as long as there is one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if JOB in (process / "cgroup").read_text():
                yield process
        except OSError:  # it has ended
            continue


def memory() -> int:
    """Bytes of all of them, what is shared counted once (PSS)."""
    found = 0
    for process in processes():
        try:
            lines = (process / "smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        found += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found


def make(directory: str) -> dict[str, float]:
    """One bundle: wall seconds, most bytes of its job, size of what came of it, its files."""
    began, most = time.perf_counter(), 0
    command = ["tarsctl", "bundle", "-o", directory, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            most = max(most, memory())
            time.sleep(PAUSE)
        wall = time.perf_counter() - began
        told = process.stdout.read() if process.stdout else b""
    made = json.loads(told)
    path = Path(made["path"])
    subprocess.run(["tarsctl", "bundle", "verify", path], check=True, stdout=subprocess.DEVNULL)
    return {"wall": wall, "memory": most, "size": path.stat().st_size}


def main(count: int) -> dict[str, Any]:
    """The longest and the largest of so many."""
    with TemporaryDirectory(prefix="tars-bench-") as directory:
        made = [make(directory) for _ in range(count)]
    return {key: max(it[key] for it in made) for key in made[0]}


if __name__ == "__main__":
    print(json.dumps(main(int(float(sys.argv[1])))))
