"""tarsctl secrets: which there are, the one that people type, and new values for those that allow it."""

from __future__ import annotations

from tarsd.ctl import flags, human
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_root
from tarsd.ctl.outcome import follow_started
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Secret

WHOSE = "Sign in to the web UI as admin@localhost, to the status page without a name"


def list_secrets(_args: Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/secrets")
    if console.json:
        console.show_json(answer)
        return 0
    secrets: list[Secret] = answer.get("secrets") or []
    rows = [plain("NAME", "MADE", "LENGTH", "SEALS", "ROTATES"), *map(_row, secrets)]
    console.show(*align(rows, console.paint))
    if any(not each.get("present") for each in secrets):
        console.say("", "Next: sudo tarsctl install --dry-run")
    return 0


def show(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("show a secret")
    secret: Secret = daemon.post("/v1/secrets/show", {"name": args.name})
    if console.json:
        console.show_json(secret)
    else:
        console.show(secret.get("value") or "")
        console.say(WHOSE)
    return 0


def rotate(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("replace a secret")
    change = daemon.start("/v1/secrets/rotate", {"name": args.name})
    return follow_started(args, console, daemon, change)


def _row(secret: Secret) -> list[tuple[str, str]]:
    made = (human.clock(secret.get("made"), None), "")
    length = secret.get("length")
    return [
        (secret.get("name") or human.UNKNOWN, ""),
        made if secret.get("present") else ("missing", "bad"),
        (human.UNKNOWN if length is None else str(length), ""),
        (secret.get("seals") or human.UNKNOWN, ""),
        ("yes" if secret.get("rotates") else "no", ""),
    ]


def configure_name(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a secret, as in tarsctl secrets list")


def configure_rotate(parser: ArgumentParser) -> None:
    configure_name(parser)
    flags.add_waiting(parser)


COMMANDS = (
    Command(
        "secrets list",
        "list the secrets, never their values",
        list_secrets,
        description="SEALS is the volume that cannot be read without the secret: keep both\nor neither.",
        examples=(
            ("tarsctl secrets list", ""),
            ("tarsctl secrets list --json | jq -r '.secrets[].name'", "for a program"),
        ),
    ),
    Command(
        "secrets show",
        "print the password of the web UI's administrator",
        show,
        configure=configure_name,
        description="Prints the bare value of admin-password. Programs read the others from their"
        "\nfiles. Who asked is in the audit log.",
        examples=(
            ("sudo tarsctl secrets show admin-password", ""),
            ("sudo tarsctl secrets show admin-password | wl-copy", "to paste it"),
        ),
    ),
    Command(
        "secrets rotate",
        "give a secret a new value, everywhere it is used",
        rotate,
        configure=configure_rotate,
        description="Restarts what reads it; no data is touched, and where it fails the old value"
        "\nis put back. A secret that data at rest is encrypted with is refused.",
        examples=(
            ("sudo tarsctl secrets rotate postgres-password", "and in the database"),
            ("sudo tarsctl secrets rotate redis-password --no-wait", "do not watch"),
        ),
    ),
)
