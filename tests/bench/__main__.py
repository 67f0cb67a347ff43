"""packaging/test bench: measures a machine with the stack up against the bars of docs/performance.md."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, table
from tests.machine.home import ARCHIVE, Home
from tests.machine.machine import Machine
from tests.machine.supply import Supply
from tests.tree import ROOT

MEGABYTE = 1_000_000
SETTLE_SECONDS = 30  # what starting the stack stirs up is over by then


def measure(supply: Supply, arguments: Namespace) -> dict[str, Any]:
    """Make a machine, install, measure in it, remove it."""
    machine = Machine.up(arguments.suite)
    try:
        home = Home(machine)
        home.use_repository(supply.repository)
        machine.put(supply.images, ARCHIVE)
        home.install_package()
        script = (Path(__file__).parent / "install_in_machine.py").read_text()
        installed = machine.exec("python3", "-", ARCHIVE, stdin=script, within=600)
        home.install_stack()
        home.wait_for("healthy")
        script = (Path(__file__).parent / "in_machine.py").read_text()
        ran = machine.exec(
            *("python3", "-", str(arguments.seconds), str(SETTLE_SECONDS)),
            stdin=script,
            within=300 + arguments.seconds,
        )
        return {**json.loads(ran.out), "install": json.loads(installed.out)}
    finally:
        machine.down()


def figures(measured: dict[str, Any], package: Path) -> list[Figure]:
    """The figures in the order of the table."""
    found = [
        Figure(
            f"{process['name']} ({process['unit']}): {key.upper()}", process[key] / MEGABYTE, "MB"
        )
        for process in measured["processes"]
        for key in ("rss", "pss")
    ]
    rss = sum(process["rss"] for process in measured["processes"]) / MEGABYTE
    ours, theirs = measured["tarsctl status"], measured["docker compose ps"]
    return [
        *found,
        Figure("idle daemon and its jobs: RSS", rss, "MB", 50),
        Figure("idle daemon: CPU, share of a core", measured["idle_cpu_percent"], "%", 0.2),
        Figure("idle daemon: jobs begun", measured["idle_jobs"], "", 0),
        Figure("tarsctl status: CPU", 1000 * ours["cpu"], "ms", 50),
        Figure("tarsctl status: wall", 1000 * ours["wall"], "ms"),
        Figure("docker compose ps: CPU", 1000 * theirs["cpu"], "ms"),
        Figure("docker compose ps: wall", 1000 * theirs["wall"], "ms"),
        Figure("tarsctl status / docker compose ps: CPU", ours["cpu"] / theirs["cpu"], "", 0.5),
        Figure("tarsctl status / docker compose ps: wall", ours["wall"] / theirs["wall"], "", 0.5),
        Figure("start to READY (longest of 5)", measured["ready"], "s", 3),
        Figure("SIGTERM to exit, a stream open (longest of 5)", measured["stop"], "s", 2),
        *install_figures(measured["install"]),
        Figure("package", package.stat().st_size / MEGABYTE, "MB", 12),
    ]


def install_figures(measured: dict[str, Any]) -> list[Figure]:
    """Ours beside plain Docker's, on the same machine from the same state."""
    ours, theirs = measured["ours"], measured["theirs"]
    return [
        Figure("install from an archive: tarsctl to GO", ours, "s"),
        Figure("docker load + compose up + the services' own start", theirs, "s"),
        Figure("install from an archive: our overhead", ours - theirs, "s", 5),
    ]


def main() -> int:
    """Print the table, write dist/bench.json; the exit status is 1 if a bar was missed."""
    parser = ArgumentParser(prog="packaging/test bench", description=__doc__)
    parser.add_argument("--suite", default="trixie", choices=["trixie", "bookworm"])
    parser.add_argument("--seconds", type=float, default=60, help="how long to watch the idle CPU")
    arguments = parser.parse_args()
    supply = Supply()
    measured = measure(supply, arguments)
    result = figures(measured, supply.package)
    (ROOT / "dist" / "bench.json").write_text(
        json.dumps(
            {"measured": measured, "figures": [asdict(figure) for figure in result]}, indent=1
        )
    )
    print(table(result))
    return int(any(figure.missed for figure in result))


if __name__ == "__main__":
    sys.exit(main())
