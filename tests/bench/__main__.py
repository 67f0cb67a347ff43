"""packaging/test bench: measures a machine with the stack up against the bars of docs/performance.md."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import examination, footprint, redaction, supervision
from tests.bench.bundles import bundle
from tests.bench.figures import Figure, table
from tests.bench.lan import lan
from tests.machine.home import ARCHIVE, Home
from tests.machine.machine import Machine
from tests.machine.supply import Supply
from tests.tree import ROOT

INSIDE = Path(__file__).parent / "inside"
THERE = "/srv/bench"
SETTLE_SECONDS = 30  # what starting the stack stirs up is over by then

Measured = Mapping[str, Any]


class Bench:
    """A machine with the package on it, which runs the programs of `inside`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        home.machine.sh(f"mkdir -p {THERE}/tests/bench")
        home.machine.put(INSIDE, f"{THERE}/tests/bench/inside")

    def run(self, program: str, *words: object, within: float) -> Measured:
        """What it printed."""
        command = ["env", "-C", THERE, "python3", "-m", f"tests.bench.inside.{program}"]
        ran = self._home.machine.exec(*command, *map(str, words), within=within)
        return json.loads(ran.out)

    def run_beside(self, package: str, program: str, *words: object, within: float) -> Measured:
        """The same, with a package of Debian's on the machine meanwhile."""
        self._home.install_from_debian(package)
        try:
            return self.run(program, *words, within=within)
        finally:
            self._home.apt("purge", package)


def parts(arguments: Namespace) -> Mapping[str, Callable[[Bench], Measured]]:
    """What can be measured, in this order; `install` comes before the stack is there."""
    count: Callable[[str], int] = lambda name: int(getattr(arguments, name))  # noqa: E731
    return {
        "install": lambda it: it.run("install", ARCHIVE, within=600),
        "idle": lambda it: it.run(
            "idle", arguments.seconds, SETTLE_SECONDS, within=300 + arguments.seconds
        ),
        "doctor": lambda it: it.run("doctor", count("examinations"), within=600),
        "bundle": lambda it: it.run("bundle", count("bundles"), within=120 * count("bundles")),
        "lan": lambda it: it.run_beside("prometheus-node-exporter", "lan", 10, 100, within=300),
        "engine": lambda it: it.run("engine", count("restarts"), within=120 * count("restarts")),
        "crashes": lambda it: it.run("crashes", count("kills"), within=300 + 20 * count("kills")),
        "hangs": lambda it: it.run("hangs", count("hangs"), within=800 * count("hangs")),
        "storm": lambda it: it.run("storm", arguments.storm, within=600 + arguments.storm),
        "deaths": lambda it: it.run("deaths", count("deaths"), within=600 + 40 * count("deaths")),
    }


def measure(
    supply: Supply, suite: str, wanted: Mapping[str, Callable[[Bench], Measured]]
) -> Measured:
    """Make a machine, install, measure in it, remove it."""
    machine = Machine.up(suite)
    try:
        home = Home(machine)
        home.use_repository(supply.repository)
        home.use_compose()
        machine.put(supply.images, ARCHIVE)
        home.install_package()
        bench, found = Bench(home), dict[str, Any]()
        if "install" in wanted:
            found["install"] = wanted["install"](bench)
        home.tarsctl("install", "--yes", "--with-frontend", "--image-archive", ARCHIVE, within=420)
        home.wait_for("healthy", within=300)
        for part, program in wanted.items():
            if part != "install":
                found[part] = program(bench)
                print(f"{part}: {json.dumps(found[part])}", file=sys.stderr, flush=True)
        return found
    finally:
        machine.down()


def figures(measured: Measured, package: Path) -> list[Figure]:
    """The figures in the order of the table."""
    read: Mapping[str, Callable[[Measured], list[Figure]]] = {
        "install": footprint.install,
        "idle": footprint.idle,
        "doctor": examination.doctor,
        "bundle": bundle,
        "lan": lan,
        "engine": supervision.engine,
        "crashes": supervision.crashes,
        "hangs": supervision.hangs,
        "storm": supervision.storm,
        "deaths": supervision.deaths,
        "redact": redaction.figures,
    }
    found = [
        it for part, reader in read.items() if part in measured for it in reader(measured[part])
    ]
    return [*found, Figure("package", package.stat().st_size / footprint.MEGABYTE, "MB", 12)]


def arguments() -> Namespace:
    """Of the command line."""
    parser = ArgumentParser(prog="packaging/test bench", description=__doc__)
    parser.add_argument("--suite", default="trixie", choices=["trixie", "bookworm"])
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="PART",
        help="install idle doctor bundle lan engine crashes hangs storm deaths redact",
    )
    options: list[tuple[str, float, str]] = [
        ("seconds", 60, "how long to watch the idle CPU"),
        ("examinations", 5, "of the doctor, fast and deep"),
        ("bundles", 3, "of the whole machine"),
        ("restarts", 5, "of the Engine"),
        ("kills", 100, "of services, each from its event to its incident"),
        ("hangs", 4, "of services, each mended once by tarsd and once by a restarter"),
        ("storm", 120, "seconds of a storm"),
        ("deaths", 200, "of tarsd by kill -9 in a storm"),
    ]
    for name, default, words in options:
        parser.add_argument(f"--{name}", type=float, default=default, help=words)
    return parser.parse_args()


def main() -> int:
    """Print the table, write dist/bench.json; the exit status is 1 if a bar was missed."""
    asked, supply = arguments(), Supply()
    known = parts(asked)
    wanted = {name: run for name, run in known.items() if name in (asked.only or known)}
    measured = dict(measure(supply, asked.suite, wanted)) if wanted else {}
    if "redact" in (asked.only or ["redact"]):
        measured["redact"] = redaction.measure()
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
