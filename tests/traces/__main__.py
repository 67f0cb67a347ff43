"""python -m tests.traces SUITE [NAME...]: records traces anew, on a stack in a machine of that suite; all take 4 minutes.

Needs root and what `packaging/machine` needs. Writes tests/unit/engine/traces/VERSION/NAME.jsonl.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.machine.machine import Machine
from tests.traces.recorder import Recorder
from tests.traces.scenarios import COMPOSE, PROJECT, SCENARIOS, STACK
from tests.tree import ROOT

IMAGE = "tars-home-stack/base"
TRACES = ROOT / "tests" / "unit" / "engine" / "traces"


def main() -> None:
    """Record those that are named, or all."""
    _, suite, *names = sys.argv
    machine = Machine.up(suite)
    try:
        _record_all(machine, names or list(SCENARIOS))
    finally:
        machine.down()


def _record_all(machine: Machine, names: Sequence[str]) -> None:
    saved = subprocess.run(["docker", "save", IMAGE], capture_output=True, check=True).stdout
    machine.exec("docker", "load", stdin=saved, within=300)
    machine.sh("docker compose version || dpkg -i /opt/compose-v2/docker-compose_*.deb")
    machine.write("/root/compose.yaml", STACK)
    version = machine.sh("docker version --format '{{.Server.Version}}'").out.strip()
    target = TRACES / ".".join(version.split(".")[:2])
    target.mkdir(parents=True, exist_ok=True)
    machine.sh(f"{COMPOSE} up -d", within=120)
    for name in names:
        _record(machine, name, target / f"{name}.jsonl")


def _record(machine: Machine, name: str, target: Path) -> None:
    machine.sh(f"{COMPOSE} up -d; sleep 2", within=120)
    before, recorder = _states(machine), Recorder(machine)
    recorder.start()
    SCENARIOS[name](machine, recorder)
    recorder.stop()
    lines = [{"before": before}, *map(_short, recorder.lines), {"after": _states(machine)}]
    target.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    print(f"{target.relative_to(TRACES)}: {len(recorder.lines)} lines", flush=True)


def _states(machine: Machine) -> dict[str, Any]:
    """By service: its container's id and State, as inspect has them."""
    found = machine.sh(
        f"docker ps -aq --filter label=com.docker.compose.project={PROJECT} | xargs -r docker inspect"
    )
    rows: list[dict[str, Any]] = json.loads(found.out or "[]")
    keys = ("Status", "ExitCode", "OOMKilled", "Error", "StartedAt", "FinishedAt")
    return {
        row["Config"]["Labels"]["com.docker.compose.service"]: {
            "Id": row["Id"],
            "RestartCount": row["RestartCount"],
            **{key: row["State"][key] for key in keys},
        }
        for row in sorted(rows, key=lambda row: str(row["Name"]))
    }


def _short(line: dict[str, Any]) -> dict[str, Any]:
    """Without those labels of Compose that are long and of no use here."""
    actor: dict[str, Any] = line.get("Actor") or {}
    attributes: dict[str, str] = actor.get("Attributes") or {}
    kept = ("com.docker.compose.project", "com.docker.compose.service", "com.docker.compose.oneoff")
    for label in [it for it in attributes if it.startswith("com.docker.compose.")]:
        if label not in kept:
            del attributes[label]
    return line


if __name__ == "__main__":
    main()
