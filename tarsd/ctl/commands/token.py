"""tarsctl token: long-lived tokens for tools of the LAN."""

from __future__ import annotations

import argparse
import re

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_root
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.ops_shapes import Token

UNITS = {"m": 60, "h": 3600, "d": 86400}
ROLES = ("viewer", "metrics", "operator")


def create(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    need_root("make a token")
    body = {"name": args.name, "role": args.role, "seconds": args.ttl}
    made: Token = daemon.post("/v1/tokens", body)
    if console.json:
        console.show_json({**made})
        return 0
    console.show(made.get("token") or "")
    until = human.clock(made.get("expires"), None)
    console.say(
        f"{args.name} ({args.role}), until {until}; it is shown this once, and kept as a hash"
    )
    return 0


def list_tokens(_args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/tokens")
    if console.json:
        console.show_json(answer)
        return 0
    tokens: list[Token] = answer.get("tokens") or []
    if not tokens:
        console.say("no tokens yet; make one with: sudo tarsctl token create --name grafana")
        return 0
    rows = [plain("NAME", "ROLE", "MADE", "UNTIL", "ID"), *map(_row, tokens)]
    console.show(*align(rows, console.paint))
    return 0


def revoke(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    need_root("revoke a token")
    answer = daemon.post("/v1/tokens/revoke", {"name": args.name})
    if console.json:
        console.show_json(answer)
    else:
        console.show(f"revoked {args.name}: from now on it is refused")
    return 0


def _row(token: Token) -> list[tuple[str, str]]:
    until = (human.clock(token.get("expires"), None), "")
    return [
        (token.get("name") or human.UNKNOWN, ""),
        (token.get("role") or human.UNKNOWN, ""),
        (human.clock(token.get("made"), None), ""),
        ("expired", "bad") if token.get("expired") else until,
        (token.get("id") or human.UNKNOWN, ""),
    ]


def _ttl(text: str) -> int:
    found = re.fullmatch(r"(\d{1,5})([mhd])", text)
    if found is None or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90d, 12h or 30m")
    return int(found[1]) * UNITS[found[2]]


def configure_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="what it is for, such as grafana")
    parser.add_argument(
        "--role",
        choices=ROLES,
        default="viewer",
        help="viewer reads all, metrics reads /metrics, operator also acknowledges alerts (default: viewer)",
    )
    parser.add_argument(
        "--ttl",
        type=_ttl,
        default=90 * 86400,
        metavar="TIME",
        help="how long it lives: 90d, 12h, 30m (default: 90d)",
    )


def configure_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a name or id, as in tarsctl token list")


COMMANDS = (
    Command(
        "token create",
        "make a token for a tool, and show it once",
        create,
        configure=configure_create,
        description="Prints the bare token on standard output. Only a hash of it is kept.",
        examples=(
            ("sudo tarsctl token create --role metrics --name prometheus", ""),
            ("sudo tarsctl token create --name phone --ttl 365d", "for a year"),
        ),
    ),
    Command(
        "token list",
        "list the tokens, never their texts",
        list_tokens,
        examples=(
            ("tarsctl token list", ""),
            ("tarsctl token list --json | jq -r '.tokens[].name'", "for a program"),
        ),
    ),
    Command(
        "token revoke",
        "refuse a token from now on",
        revoke,
        configure=configure_revoke,
        examples=(
            ("sudo tarsctl token revoke grafana", "by name"),
            ("sudo tarsctl token revoke 5a1f09c3", "or by id"),
        ),
    ),
)
