"""tarsctl validate: whether the stack may be relied upon, as a report with a verdict."""

from __future__ import annotations

import time

from tarsd.ctl.command import Command
from tarsd.ctl.validate_screen import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.validate_shapes import Validated

SUITES = ("deployment", "rag", "security")
PATIENCE = 300.0  # each check has a deadline; a document through the web UI has 90 s


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "suite",
        nargs="?",
        choices=SUITES,
        metavar="SUITE",
        help="deployment, rag or security; by default all",
    )


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    console.say("the services are let do some work; this takes some seconds")
    found: Validated = daemon.post(
        "/v1/validation", {"suites": [args.suite] if args.suite else []}, PATIENCE
    )
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    version = daemon.get("/v1/version").get("version")
    machine = daemon.get("/v1/status").get("machine")
    if console.json:
        console.show_json({"machine": machine, "version": version, "at": at, **found})
    else:
        head = f"Validation of tars-home {version} on {machine}, {at}"
        console.show(*report(found, head, console.width, console.paint))
    return 0 if found.get("verdict") == "GO" else 1


COMMANDS = (
    Command(
        "validate",
        "let the services work, and say GO or NO-GO",
        run,
        configure=configure,
        description="deployment: containers, databases that store and find, models that answer."
        "\nrag: a new document is found by its question. security: doors, passwords,"
        "\nsecrets in the open. Nothing is left behind; no model is loaded for it but by"
        "\nthe web UI itself. Exits with 0 for GO, with 1 for NO-GO.",
        examples=(
            ("tarsctl validate", ""),
            ("tarsctl validate rag", "only whether documents are found"),
            ("tarsctl validate --json > validation.json", "a report for a program"),
        ),
    ),
)
