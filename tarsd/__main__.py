"""`/usr/lib/tars-home/tarsd run`: the daemon. `tarsd job NAME`: what it runs in a unit of its own."""

import argparse
import sys

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
    arguments = parser.parse_args()
    if arguments.command == "job":
        from tarsd.host.in_job import work

        return work(arguments.name)
    return _run(Paths())


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
