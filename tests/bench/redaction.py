"""What redacting costs: `tarsd redact` beside gitleaks and sed, on the same file; needs no machine."""

import json
import random
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.bench.figures import Figure
from tests.tree import ROOT

MEGABYTE = 1_000_000
SIZE, QUARTER, LINE = 100 * MEGABYTE, 25 * MEGABYTE, 10 * MEGABYTE
SECRETS = 60
ONE_IN = 100
"""Lines, of which one holds a secret."""

REDACT = (sys.executable, "-m", "tarsd", "redact", "--quiet")


@dataclass(frozen=True)
class Ran:
    """A command with all its processes: seconds, those of the processor, most bytes of memory.

    `left`: planted values that are in its output.
    """

    seconds: float
    cpu: float
    memory: int
    left: int


def measure() -> Mapping[str, Any]:
    """All of it, in a directory of its own."""
    with TemporaryDirectory(prefix="tars-bench-") as name:
        there = Path(name)
        values = _values()
        (there / "secrets").write_text("\n".join(values) + "\n")
        whole = _log(there / "whole.log", SIZE, values)
        found: dict[str, Any] = {
            "whole": asdict(_ours(there, whole, values)),
            "quarter": asdict(_ours(there, _log(there / "quarter.log", QUARTER, values), values)),
            "line": asdict(_ours(there, _one_line(there / "line.log", values), values)),
            "sed": asdict(_sed(there, whole, values)),
        }
        if shutil.which("gitleaks"):
            found["gitleaks"] = asdict(_gitleaks(there, whole))
        else:
            sys.stderr.write(
                "redact: gitleaks is not on the PATH (Debian 13 has it), so not measured\n"
            )
        return found


def figures(measured: Mapping[str, Any]) -> list[Figure]:
    """Ours with their bars, then the others'."""
    whole, quarter, line = (measured[name] for name in ("whole", "quarter", "line"))
    linear = whole["cpu"] / quarter["cpu"] / (SIZE / QUARTER)
    memory = whole["memory"] / MEGABYTE
    found = [
        Figure("100 MB of logs redacted and searched again", whole["seconds"], "s", 10),
        Figure("the same: CPU, on all cores", whole["cpu"], "s"),
        Figure("the same: memory of all its processes (PSS)", memory, "MB", 250),
        Figure("the same: planted values left", whole["left"], "", 0),
        Figure("CPU per MB, of 100 MB / of 25 MB", linear, "", 1.25),
        Figure("a single line of 10 MB", line["seconds"], "s"),
        Figure("a single line: CPU", line["cpu"], "s"),
        Figure("a single line: planted values left", line["left"], "", 0),
    ]
    others = {
        "sed": f"sed with the {SECRETS} values, 100 MB",
        "gitleaks": "gitleaks detect --no-git, 100 MB",
    }
    for name in (it for it in others if it in measured):
        found.append(Figure(others[name], measured[name]["seconds"], "s"))
        found.append(Figure(f"{name}: CPU", measured[name]["cpu"], "s"))
    left = measured["sed"]["left"]
    return [*found, Figure("sed: planted values left, as they are in hex", left, "")]


def _values() -> Sequence[str]:
    chance = random.Random(1)
    return [f"{chance.getrandbits(192):048x}" for _ in range(SECRETS)]


def _lines(values: Sequence[str]) -> Sequence[str]:
    """Of a day of the stack; some with a value, as it is or coded."""
    chance = random.Random(2)
    said = (
        '10.89.0.{b} - - "GET /api/v1/chats/{a:08x}-{b:04x} HTTP/1.1" 200 {c}',
        'level=info ts=2026-11-25T12:{b:02d}:07.{c:03d}Z caller=main.go:{b} msg="loaded model" digest=sha256:{a:064x}',
        "webui-1  | INFO:     uvicorn.error - connection open, request {a:016x} took {c} ms",
        "LOG:  checkpoint complete: wrote {c} buffers ({b}.1%); 0 WAL file(s) added",
        '{{"time":"2026-11-25T12:{b:02d}:09Z","level":"INFO","event":"query","rows":{c},"id":"{a:032x}"}}',
        "kernel: [ {c}.{b:06d}] nvidia 0000:01:00.0: enabling device (0000 -> 0003)",
        "redis-1  | 1:M 25 Nov 2026 12:{b:02d}:11.{c:03d} * {c} changes in 60 seconds. Saving...",
    )
    made: list[str] = []
    for number in range(20_000):
        line = chance.choice(said).format(
            a=chance.getrandbits(30), b=chance.randrange(60), c=chance.randrange(1000)
        )
        if number % ONE_IN == 0:
            value = chance.choice(values)
            coded = value if number % (2 * ONE_IN) else value.encode().hex()
            line += f" redis://:{coded}@redis:6379/0"
        made.append(line)
    return made


def _log(path: Path, size: int, values: Sequence[str]) -> Path:
    block = "\n".join(_lines(values)) + "\n"
    with path.open("w") as target:
        for _ in range(size // len(block) + 1):
            target.write(block)
    with path.open("r+b") as target:
        target.truncate(size)
    return path


def _one_line(path: Path, values: Sequence[str]) -> Path:
    _log(path, LINE, values)
    path.write_text(path.read_text().replace("\n", " "))
    return path


def _ours(there: Path, source: Path, values: Sequence[str]) -> Ran:
    (there / "out").mkdir(exist_ok=True)
    words = [*REDACT, f"--secrets={there / 'secrets'}", f"--output={there / 'out'}", str(source)]
    return _ran(words, there / "out" / source.name, values)


def _sed(there: Path, source: Path, values: Sequence[str]) -> Ran:
    script = there / "script.sed"
    script.write_text("".join(f"s/{value}/[secret]/g\n" for value in values))
    words = ["sh", "-c", f"sed -f {script} {source} > {there / 'sed.log'}"]
    return _ran(words, there / "sed.log", values)


def _gitleaks(there: Path, source: Path) -> Ran:
    alone = there / "alone"
    alone.mkdir()
    source.rename(alone / source.name)
    words = ["gitleaks", "detect", "--no-git", "--exit-code=0", "--max-target-megabytes=200"]
    return _ran([*words, f"--source={alone}", f"--report-path={there / 'report.json'}"], None, ())


def _ran(words: Sequence[str], output: Path | None, values: Sequence[str]) -> Ran:
    begun, most, before = time.monotonic(), 0, _cpu()
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        seen = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, _memory(seen))
            time.sleep(0.05)
        took = time.monotonic() - begun
        if process.returncode:
            said = process.stderr.read().decode() if process.stderr else ""
            raise RuntimeError(f"{words[0]} ended with {process.returncode}: {said}")
    left = _left(output, values) if output else 0
    return Ran(took, _cpu() - before, most, left)


def _cpu() -> float:
    """Of all that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(process: psutil.Process) -> int:
    """Of it and what it started, what is shared counted once."""
    try:
        family = [process, *process.children(recursive=True)]
        return sum(it.memory_full_info().pss for it in family)
    except psutil.Error:
        return 0


def _left(output: Path, values: Sequence[str]) -> int:
    wanted = [form for value in values for form in (value, value.encode().hex())]
    pattern = re.compile("|".join(wanted))
    heads = tuple(it[:6] for it in wanted)
    with output.open() as lines:
        return sum(len(pattern.findall(line)) for line in lines if any(it in line for it in heads))


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
