"""tarsctl incidents: what went wrong, what was done about it, and the owner's word on it."""

from __future__ import annotations

import argparse

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.incident_screen import list_lines, next_step, repair_lines, story_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Incident, Repairs


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    asked = ["open=true"] if args.open else []
    asked += [f"since={args.since}"] if args.since else []
    answer = daemon.get("/v1/incidents" + (f"?{'&'.join(asked)}" if asked else ""))
    if console.json:
        console.show_json(answer)
        return 0
    incidents: list[Incident] = answer.get("incidents") or []
    if left_out := answer.get("unreadable"):
        console.say(f"{human.counted(left_out, 'row')} of state.db cannot be read and left out")
    if "mttr" in answer and answer["mttr"] is None and not args.open:
        console.say("state.db cannot be read: what is resolved is not shown")
    if not incidents:
        console.say("no open incidents" if args.open else "no incidents")
        return 0
    console.show(*list_lines(incidents, human.present(), console.width, console.paint))
    repairs: list[Repairs] = answer.get("mttr") or []
    if repairs and not args.open:
        console.show("", *repair_lines(repairs))
    if not console.quiet and (number := _to_show(incidents)):
        console.show("", f"Next: tarsctl incidents show {number}")
    return 0


def show(args: Namespace, console: Console, daemon: Daemon) -> int:
    incident: Incident = daemon.get(f"/v1/incidents/{args.id}")
    if console.json:
        console.show_json(incident)
        return 0
    console.show(*story_lines(incident, human.present(), console.width, console.paint))
    following = next_step(incident)
    if following and not console.quiet:
        console.show("", f"Next: {following}")
    return 0


def acknowledge(args: Namespace, console: Console, daemon: Daemon) -> int:
    return _say(args, console, daemon, "ack", "is acknowledged; it stays open until it passes")


def resolve(args: Namespace, console: Console, daemon: Daemon) -> int:
    return _say(args, console, daemon, "resolve", "is closed by hand")


def release(args: Namespace, console: Console, daemon: Daemon) -> int:
    return _say(args, console, daemon, "release", "is released; it is tried again at once")


def _say(args: Namespace, console: Console, daemon: Daemon, word: str, done: str) -> int:
    incident: Incident = daemon.post(f"/v1/incidents/{args.id}/{word}")
    if console.json:
        console.show_json(incident)
    console.say(f"incident {args.id} ({incident.get('fault')}, {incident.get('subject')}) {done}")
    return 0


def _to_show(incidents: list[Incident]) -> str | None:
    """The first that is not resolved, or the newest."""
    unresolved = [it for it in incidents if it.get("status") != "resolved"]
    return (unresolved or incidents)[0].get("id")


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--open", action="store_true", help="only what is not resolved")
    parser.add_argument(
        "--since",
        type=_since,
        metavar="WHEN",
        help="what is open, or began or ended since: 24h, 7d, 2026-11-22, ...",
    )


def configure_id(parser: ArgumentParser) -> None:
    parser.add_argument(
        "id", metavar="ID", type=_incident_id, help="an incident, as in tarsctl incidents"
    )


def _incident_id(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'must be an incident\'s number, not "{text}"')
    return text


def _since(text: str) -> str:
    """How long ago as it is, a time of the owner's clock as the daemon's."""
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and len(number) <= 6 and unit in "smhd":
        return text
    told = human.utc(text)
    if told is None:
        raise argparse.ArgumentTypeError(
            f'must be how long ago, such as 24h or 7d, or a time such as 2026-11-22T03:12, not "{text}"'
        )
    return told


COMMANDS = (
    Command(
        "incidents",
        "list what went wrong, newest first",
        run,
        configure=configure,
        description="The last 50 at most. For one of them: tarsctl incidents show ID; to have"
        "\na word on it: ack, resolve or release in place of show.",
        examples=(
            ("tarsctl incidents", "what went wrong, how long it lasted"),
            ("tarsctl incidents --open", "what is wrong now"),
            ("tarsctl incidents --since 24h --json", "for a program"),
        ),
    ),
    Command(
        "incidents show",
        "tell one incident: what was seen, decided, done",
        show,
        configure=configure_id,
        examples=(
            ("tarsctl incidents show 31", ""),
            ("tarsctl incidents show 31 --json", "for a program"),
        ),
    ),
    Command(
        "incidents ack",
        "say that you know of an incident",
        acknowledge,
        configure=configure_id,
        description="It stays open until it passes, and is what to look at next no more.",
        examples=(
            ("tarsctl incidents ack 31", ""),
            ("tarsctl incidents ack 31 --json", "for a program"),
        ),
    ),
    Command(
        "incidents resolve",
        "close an incident by hand",
        resolve,
        configure=configure_id,
        description="If it still fails, it is opened again once it has passed, or after an hour.",
        examples=(
            ("tarsctl incidents resolve 31", ""),
            ("tarsctl incidents resolve 31 --json", "for a program"),
        ),
    ),
    Command(
        "incidents release",
        "end a hold: try again at once",
        release,
        configure=configure_id,
        description="After some attempts that mended nothing tarsd holds an incident and tries"
        "\nonly every half hour. Released, it is tried from the first attempt on.",
        examples=(
            ("tarsctl incidents release 31", ""),
            ("tarsctl incidents release 31 --json", "for a program"),
        ),
    ),
)
