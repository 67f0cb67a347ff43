"""tarsctl validate: whether the stack may be relied upon, as a report with a verdict."""

from __future__ import annotations

import time

from tarsd.ctl import flags
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_somebody, need_yes
from tarsd.ctl.errors import UsageError
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import tell_failure
from tarsd.ctl.validate_screen import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change, Status
    from tarsd.ctl.validate_shapes import Validated, ValidatedSuite

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
    parser.add_argument(
        "--restart",
        action="store_true",
        help="restart the services first, and see whether the databases have kept what they took in; asks",
    )
    flags.add_yes(parser)
    flags.add_timeout(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    kept = _kept(args, console, daemon) if args.restart else None
    console.say("the services are let do some work; this takes some seconds")
    found: Validated = daemon.post(
        "/v1/validation", {"suites": [args.suite] if args.suite else []}, PATIENCE
    )
    if kept is not None:
        found = _with(found, kept)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    version = daemon.get("/v1/version").get("version")
    machine = daemon.get("/v1/status").get("machine")
    if console.json:
        console.show_json({"machine": machine, "version": version, "at": at, **found})
    else:
        head = f"Validation of tars-home {version} on {machine}, {at}"
        console.show(*report(found, head, console.width, console.paint))
    return 0 if found.get("verdict") == "GO" else 1


def _kept(args: Namespace, console: Console, daemon: Daemon) -> ValidatedSuite:
    """What the databases have kept over a restart of the services, which is a change of its own."""
    if args.suite not in (None, "deployment"):
        raise UsageError(
            f"cannot restart anything for {args.suite}: --restart goes with deployment",
            "tarsctl validate deployment --restart",
        )
    if not args.yes:
        need_somebody(args, console, "restart the services")
        status: Status = daemon.get("/v1/status")
        services = status.get("services") or []
        names = [it.get("name") or "?" for it in services if it.get("wanted") == "running"]
        console.ask_first(
            f"This leaves a word with each database and restarts {', '.join(names)}:",
            "  · who works with them is cut off for a minute or so",
            "  · no data, no setting and no container is changed",
        )
        need_yes(console, "restart the services", default=False)
    number = daemon.start("/v1/validation/restart", {})
    change: Change = Follower(daemon, console, number, args.timeout).to_the_end()
    if change.get("status") != "done":
        raise tell_failure(change)
    suite: ValidatedSuite = (change.get("result") or {}).get("suite") or {}
    return suite


def _with(found: Validated, suite: ValidatedSuite) -> Validated:
    go = found.get("verdict") == "GO" and suite.get("verdict") == "GO"
    suites = [*(found.get("suites") or []), suite]
    return {**found, "verdict": "GO" if go else "NO-GO", "suites": suites}


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
            ("tarsctl validate", "all; with a name only that suite"),
            ("tarsctl validate deployment --restart", "and what a restart keeps"),
            ("tarsctl validate --json > validation.json", "a report for a program"),
        ),
    ),
)
