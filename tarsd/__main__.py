"""`/usr/lib/tars-home/tarsd run`: the daemon. `tarsd job NAME`: what it runs in a unit of its own.

`tarsd doctor WHAT`: what tarsctl asks where no daemon answers. `tarsd bundle WHAT`: the same, and a job of the daemon's.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from tarsd.paths import Paths
from tarsd.version import VERSION


def main() -> int:
    """Parse the command line and run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tarsd", description="Looks after the tars-home stack.")
    parser.add_argument("--version", action="version", version=f"tarsd {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the daemon (systemd does this: tarsd.service)")
    job = commands.add_parser("job", help="do one thing in a unit of its own (tarsd does this)")
    job.add_argument("name")
    doctor = commands.add_parser(
        "doctor", help="examine or mend without the daemon (tarsctl doctor does this)"
    )
    doctor.add_argument("what", choices=("examine", "fix", "undo", "checks", "check"))
    bundle = commands.add_parser(
        "bundle", help="make, list or verify support bundles (tarsctl bundle does this)"
    )
    bundle.add_argument("what", choices=("make", "plan", "list", "rm", "verify"))
    redact = commands.add_parser(
        "redact", help="take secrets out of a text (tarsctl redact does this)"
    )
    redact.add_argument("--secrets", type=Path)
    redact.add_argument("-o", "--output", type=Path)
    redact.add_argument("--json", action="store_true")
    redact.add_argument("-q", "--quiet", action="store_true")
    redact.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "doctor":
        return _doctor(Paths(), arguments.what)
    if arguments.command == "bundle":
        from tarsd.wiring.bundle import bundle as answer_bundle

        return answer_bundle(Paths(), arguments.what)
    if arguments.command == "redact":
        from tarsd.wiring.redact import redact as filter_text

        return filter_text(Paths(), arguments)
    if arguments.command == "job":
        from tarsd.host.in_job import work

        return work(arguments.name)
    return _run(Paths())


def _doctor(paths: Paths, what: str) -> int:
    """Answer one question, in JSON on standard input, by the envelope that the daemon's API would have."""
    import asyncio
    import json

    told = json.loads(sys.stdin.read() or "{}")
    if what in ("checks", "check"):
        from tarsd.observe.checks import told_of

        answer = told_of(told.get("id") if what == "check" else None)
    else:
        from tarsd.app import App

        async def once() -> dict[str, Any]:
            return await App(paths, live=False).answer_once(what, told)

        answer = asyncio.run(once())
    json.dump(answer, sys.stdout)
    return 0


def _run(paths: Paths) -> int:
    """The daemon, if it is the only one: before anything is read, written, stopped or unlinked."""
    from tarsd.errors import AlreadyRunning
    from tarsd.host.sole import sole

    try:
        with sole(paths.lock, "run tarsd"):
            import asyncio

            from tarsd.host.certificates import unread_certificates

            with unread_certificates():
                from tarsd.app import App

            asyncio.run(App(paths).run())
    except AlreadyRunning as error:
        sys.stderr.write(f"tarsd: {error.message}; try: {error.fix}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"tarsd: cannot run tarsd: {error}; try: sudo systemctl start tarsd\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
