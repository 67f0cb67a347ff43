"""tarsctl alerts: who is told of incidents, whether that works, and the owner's word on it."""

from __future__ import annotations

import argparse
import sys

from tarsd.ctl import human
from tarsd.ctl.alert_screen import channel_lines, muted, notice_lines
from tarsd.ctl.command import Command, again
from tarsd.ctl.commands.incidents import acknowledge, configure_id
from tarsd.ctl.consent import need_root
from tarsd.ctl.errors import TarsctlError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.alert_shapes import Notice, Report, Tried
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

DOCS = "/usr/share/doc/tars-home/docs/alerts.md"
UNITS = {"m": 60, "h": 3600, "d": 86400}
SHORTEST, LONGEST = 60, 30 * 86400
OUTCOMES = {
    "sent": "took the message",
    "silent": "may have taken it",
    "later": "did not take it now",
    "wrong": "takes nothing",
    "refused": "refused it",
}


def list_channels(_args: Namespace, console: Console, daemon: Daemon) -> int:
    report: Report = daemon.get("/v1/alerts")
    if console.json:
        console.show_json(report)
        return 0
    if not report.get("channels"):
        console.say(f"no channels: incidents are told to the journal only; see {DOCS}")
    console.show(*channel_lines(report, human.present(), console.width, console.paint))
    return 0


def outbox(args: Namespace, console: Console, daemon: Daemon) -> int:
    if args.retry:
        tried = daemon.post("/v1/alerts/retry", {})
        console.say(f"tried again at once; {tried.get('parked') or 0} of it was parked")
    answer = daemon.get("/v1/alerts/outbox" + ("" if args.all else "?state=open"))
    if console.json:
        console.show_json(answer)
        return 0
    notices: list[Notice] = answer.get("notices") or []
    if not notices:
        console.say("nothing was told yet" if args.all else "nothing waits to be told")
    else:
        console.show(*notice_lines(notices, human.present(), console.width, console.paint))
    return 0


def test(args: Namespace, console: Console, daemon: Daemon) -> int:
    body = {"channel": args.channel} if args.channel else {}
    answer = daemon.post("/v1/alerts/test", body)
    tried: list[Tried] = answer.get("channels") or []
    if not tried:
        raise TarsctlError(
            "cannot test a channel: there is none in the settings",
            "sudo editor /etc/tars-home/tars-home.toml  ([alerts])",
        )
    if console.json:
        console.show_json(answer)
    else:
        console.show(*(_tried(it) for it in tried))
    return 0 if tried and all(it.get("outcome") == "sent" for it in tried) else 1


def silence(args: Namespace, console: Console, daemon: Daemon) -> int:
    if args.lift:
        answer = daemon.post(f"/v1/alerts/silence/{args.lift}/lift")
        said = f"silence {args.lift} is over"
    else:
        if args.seconds is None:
            raise UsageError(
                "cannot silence for ever: say for how long", again(args, "--for", "2h")
            )
        body = {"seconds": args.seconds, "fault": args.fault, "subject": args.subject, "reason": args.reason}  # fmt: skip
        answer = daemon.post("/v1/alerts/silence", body)
        until = human.clock(answer.get("until"), human.present())
        said = f"silence {answer.get('id')}: nothing is told of {muted(args.fault, args.subject)} until {until}"
    if console.json:
        console.show_json(answer)
    console.say(said)
    if not args.lift:
        lift = f"tarsctl alerts silence --lift {answer.get('id')}"
        console.say(f"What is still so then is told then. To end it: {lift}")
    return 0


def url(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("give a channel its address")
    if args.stdin or not console.interactive:
        address: str | None = sys.stdin.readline().strip()
    else:
        address = console.ask_secret(f"Address of {args.channel} (it is not shown): ")
    if not address:
        raise UsageError(
            f"cannot give {args.channel} an address: there is none",
            again(args, "--stdin") + " < FILE",
        )
    answer = daemon.post("/v1/alerts/url", {"channel": args.channel, "address": address})
    if console.json:
        console.show_json(answer)
    console.say(f"{args.channel} has its address; to try it: tarsctl alerts test {args.channel}")
    return 0


def _tried(tried: Tried) -> str:
    outcome = tried.get("outcome") or human.UNKNOWN
    why = f": {tried.get('message')}" if tried.get("message") else ""
    return f"{tried.get('name')} {OUTCOMES.get(outcome, 'was not reached')}{why}"


def configure_outbox(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also what was told: the receipts")
    parser.add_argument(
        "--retry", action="store_true", help="try at once, also what was parked", default=False
    )


def configure_test(parser: ArgumentParser) -> None:
    parser.add_argument("channel", metavar="CHANNEL", nargs="?", help="one channel; all without")


def configure_url(parser: ArgumentParser) -> None:
    parser.add_argument(
        "channel", metavar="CHANNEL", help="a channel of the settings, or heartbeat"
    )
    parser.add_argument("--stdin", action="store_true", help="read the address from standard input")


def configure_silence(parser: ArgumentParser) -> None:
    parser.add_argument(
        "fault",
        metavar="FAULT",
        nargs="?",
        default="*",
        help="a fault or a pattern, such as 'gpu.*'",
    )
    parser.add_argument(
        "--subject", metavar="NAME", default="*", help="a service or another subject; any without"
    )
    parser.add_argument(
        "--for", dest="seconds", type=_seconds, metavar="TIME", help="how long: 30m, 2h, 7d"
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for who asks later")
    parser.add_argument("--lift", metavar="ID", type=_number, help="end that silence instead")


def _number(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'must be a silence\'s number, not "{text}"')
    return text


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and len(number) <= 6 and unit in UNITS:
        seconds = int(number) * UNITS[unit]
        if SHORTEST <= seconds <= LONGEST:
            return seconds
    raise argparse.ArgumentTypeError(f'must be from 1m to 30d, such as 30m or 2h, not "{text}"')


COMMANDS = (
    Command(
        "alerts list",
        "show who is told of incidents, and whether that works",
        list_channels,
        examples=(("tarsctl alerts list", ""), ("tarsctl alerts list --json", "for a program")),
    ),
    Command(
        "alerts test",
        "send a test message to a channel, or to all",
        test,
        configure=configure_test,
        description="It goes out at once, whatever the hour, and says what the channel answered.",
        examples=(
            ("tarsctl alerts test", "all channels"),
            ("tarsctl alerts test phone", "one of them"),
        ),
    ),
    Command(
        "alerts ack",
        "say that you know of an incident: no more reminders",
        acknowledge,
        configure=configure_id,
        description="It stays open until it passes; its end is told all the same.",
        examples=(
            ("tarsctl alerts ack 31", ""),
            ("tarsctl alerts ack 31 --json", "for a program"),
        ),
    ),
    Command(
        "alerts silence",
        "let nothing be told for a while",
        silence,
        configure=configure_silence,
        description="What is still so at its end is told then; what is over by then is not.",
        examples=(
            ("tarsctl alerts silence --for 2h --reason 'new disks'", "everything"),
            ("tarsctl alerts silence 'gpu.*' --for 7d", "of the cards alone"),
            ("tarsctl alerts silence --lift 3", "end it"),
        ),
    ),
    Command(
        "alerts outbox",
        "show what waits to be told, and what was told",
        outbox,
        configure=configure_outbox,
        examples=(
            ("tarsctl alerts outbox", "what waits, and why"),
            ("tarsctl alerts outbox --all", "with what was told, and when"),
            ("tarsctl alerts outbox --retry", "after you have mended a channel"),
        ),
    ),
    Command(
        "alerts url",
        "give a channel its address, which is a secret",
        url,
        configure=configure_url,
        description="It is asked for at the terminal, or read from standard input; never an argument,"
        "\nwhich everybody could read. Which addresses there are: docs/alerts.md.",
        examples=(
            ("sudo tarsctl alerts url phone", ""),
            ("sudo tarsctl alerts url phone --stdin < FILE", "for a program"),
        ),
    ),
)
