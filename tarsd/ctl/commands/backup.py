"""tarsctl backup: keeps what services hold on this machine, and shows what is kept."""

from __future__ import annotations

from tarsd.ctl import flags, human
from tarsd.ctl.command import Command
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import follow_started, tell_end
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from tarsd.ctl.backup_shapes import Backup
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.table import Cell

NEXT = "Next  copy it to another machine, with /var/lib/tars-home/secrets · tarsctl backup list"


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="SERVICE",
        help="this service, not all that hold data; may be repeated",
    )
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    change_id = daemon.start("/v1/backups", {"services": args.only})
    if args.no_wait:
        return follow_started(args, console, daemon, change_id)
    change = Follower(daemon, console, change_id, args.timeout).to_the_end()
    result: Any = change.get("result") or {}
    made: list[Backup] = result.get("backups") or []
    if made and not console.json:
        _show(made, console)
    status = tell_end(change, console)
    if made and not console.json:
        console.say("", NEXT)
    return status


def list_backups(_args: Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/backups")
    if console.json:
        console.show_json(answer)
        return 0
    kept: list[Backup] = answer.get("backups") or []
    if not kept:
        console.say("no backups yet; make some with: tarsctl backup")
        return 0
    _show(kept, console)
    return 0


def _show(backups: list[Backup], console: Console) -> None:
    head = plain("SERVICE", "MADE", "SIZE", "HOLDS", "FILE")
    console.show(*align([head, *map(_row, backups)], console.paint))


def _row(backup: Backup) -> list[Cell]:
    return plain(
        human.one_line(backup.get("service") or human.UNKNOWN),
        human.clock(backup.get("made"), None),
        human.size(backup.get("size_bytes")),
        _holds(backup),
        human.one_line(backup.get("path") or human.UNKNOWN),
    )


def _holds(backup: Backup) -> str:
    """What was counted in it."""
    kind, count = backup.get("kind") or "", backup.get("holds")
    if kind.startswith("files:"):
        return kind.partition(":")[2]
    if count is None:
        return human.UNKNOWN
    return f"{count} {'tables' if kind == 'pg_dumpall' else 'collections'}"


COMMANDS = (
    Command(
        "backup",
        "keep what services hold, on this machine",
        run,
        configure=configure,
        description="PostgreSQL is dumped while it runs. Chroma and the web UI are stopped, their"
        "\ndirectories are copied, and they are started again. Redis and models are not"
        "\nkept: what they hold can be had again. docs/backups.md says how to restore.",
        examples=(
            ("tarsctl backup", "all; the web UI is away meanwhile"),
            ("tarsctl backup --only postgres", "nothing is stopped for it"),
            ("tarsctl backup --no-wait", "do not watch"),
        ),
    ),
    Command(
        "backup list",
        "list the backups that are kept, newest first",
        list_backups,
        examples=(
            ("tarsctl backup list", "what there is, and where"),
            ("tarsctl backup list --json", "the same, with sums"),
        ),
    ),
)
