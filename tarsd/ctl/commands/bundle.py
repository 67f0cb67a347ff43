"""tarsctl bundle: everything that a helper needs, and nothing that he must not see."""

from __future__ import annotations

import argparse

from tarsd.ctl import flags, human
from tarsd.ctl.bundle_file import require_directory, written
from tarsd.ctl.bundles import Bundles
from tarsd.ctl.command import Command
from tarsd.ctl.table import align, plain, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from tarsd.ctl.bundle_shapes import Bundle, BundlePlan
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

MOST_LINES = 100_000
SHOWN = 6  # of what is missing; all of it is in MANIFEST.json


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", default=".", metavar="DIR", help="where to write it (default: here)"
    )
    parser.add_argument(
        "--since",
        default="24h",
        metavar="WHEN",
        help="how far back: 24h, 7d, or a time (default: 24h)",
    )
    parser.add_argument(
        "--log-lines",
        type=_lines,
        default=1000,
        metavar="N",
        help="of each service's log (default: 1000)",
    )
    for name, told in (("--include", "only these collectors"), ("--exclude", "without these")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="ID",
            help=f"{told}, as --dry-run names them; may be repeated",
        )
    parser.add_argument(
        "--encrypt-to",
        metavar="RECIPIENT",
        help="an age recipient (age1...) or an SSH public key: only its owner can read it",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only show what would be in it"
    )
    flags.add_timeout(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    bundles = Bundles(args, console, daemon)
    body = {
        "since": args.since,
        "log_lines": args.log_lines,
        "include": args.include,
        "exclude": args.exclude,
        "encrypt_to": args.encrypt_to,
    }
    if args.dry_run:
        return _show_plan(bundles.plan(body), console)
    require_directory(args.output)
    made = bundles.make(body)
    path = written(made, bundles.content(made), args.output)
    if console.json:
        console.show_json({**made, "path": path})
        return 0
    console.show(path)
    console.say(*_told(made, console.width))
    console.say("", f"Next: tarsctl bundle verify {path}")
    return 0


def _told(made: Bundle, width: int | None) -> Iterator[str]:
    counts = made.get("redactions") or {}
    total = sum(counts.values())
    yield (
        f"  {human.size(made.get('size_bytes'))}, {human.counted(made.get('files') or 0, 'file')};"
        f" {human.counted(total, 'value')} replaced by tokens;"
        f" searched for {human.counted(made.get('needles') or 0, 'needle')}, none is in it"
    )
    rows = [f"withheld: {it.get('name')}: {it.get('why')}" for it in made.get("withheld") or []]
    rows += [
        f"missing: {it.get('name')}: {human.one_line(it.get('text') or '')}"
        for it in made.get("missing") or []
    ]
    for row in rows[:SHOWN]:
        yield from (f"  {line}" for line in wrap(row, width, 2, hang=2))
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more, all in MANIFEST.json"


def _show_plan(plan: BundlePlan, console: Console) -> int:
    if console.json:
        console.show_json({**plan})
        return 0
    rows = [plain("ID", "WHAT IS IN IT")]
    rows += [
        plain(it.get("id") or human.UNKNOWN, it.get("about") or "")
        for it in plan.get("collectors") or []
    ]
    console.show(*align(rows, console.paint))
    console.say(
        "",
        f"{human.size(plan.get('needed_bytes'))} are needed in {plan.get('directory')}"
        f" meanwhile, {human.size(plan.get('free_bytes'))} are free",
    )
    return 0


def verify(args: Namespace, console: Console, daemon: Daemon) -> int:
    found = Bundles(args, console, daemon).verify(args.file)
    intact = found.get("intact") is True
    if console.json:
        console.show_json({**found})
        return 0 if intact else 1
    styles = {True: ("ok", "good"), False: ("wrong", "bad"), None: ("-", "")}
    rows = [
        [styles[it.get("good")], (it.get("what") or "", ""), (it.get("words") or "", "")]
        for it in found.get("checks") or []
    ]
    console.show(*align(rows, console.paint))
    if intact:
        console.say("", f"{args.file} is what its maker signed, on {human.day(found.get('made'))}")
    else:
        console.say("", f"{args.file} is not as its maker signed it: do not rely on it")
    return 0 if intact else 1


def list_bundles(args: Namespace, console: Console, daemon: Daemon) -> int:
    found = Bundles(args, console, daemon).all()
    if console.json:
        console.show_json({"bundles": found})
        return 0
    if not found:
        console.say("no bundles are kept")
        return 0
    rows = [plain("NAME", "MADE", "SIZE")]
    rows += [
        plain(
            it.get("name") or human.UNKNOWN,
            human.clock(it.get("made"), None),
            human.size(it.get("size_bytes")),
        )
        for it in found
    ]
    console.show(*align(rows, console.paint))
    return 0


def remove(args: Namespace, console: Console, daemon: Daemon) -> int:
    gone = Bundles(args, console, daemon).remove(args.name)
    if console.json:
        console.show_json({**gone})
    else:
        console.say(f"removed: {gone.get('name')}")
    return 0


def configure_verify(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a bundle, from this machine or another")


def configure_remove(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a bundle, as in tarsctl bundle list")


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_LINES):
        raise argparse.ArgumentTypeError(
            f'must be a number of lines, {MOST_LINES:,} at most, not "{text}"'
        )
    return int(text)


COMMANDS = (
    Command(
        "bundle",
        "collect what a helper needs, without secrets",
        run,
        configure=configure,
        description="What is known of passwords, people and hosts is replaced by tokens, and"
        "\nthe finished file is searched for all of it; what cannot be redacted is left"
        "\nout and named. As root it works with tarsd or Docker dead, too."
        "\nAlso: bundle verify FILE, bundle list, bundle rm NAME.",
        examples=(
            ("tarsctl bundle -o /tmp", "then attach it to a public issue"),
            ("tarsctl bundle --dry-run", "what would be in it"),
            ("tarsctl bundle --encrypt-to age1...", "for one person's eyes only"),
        ),
    ),
    Command(
        "bundle verify",
        "check that a bundle is what its maker signed",
        verify,
        configure=configure_verify,
        description="Looks at the file alone: no tarsd, no network, no root. Exits with 1\nif it is not.",
        examples=(
            ("tarsctl bundle verify tars-bundle-....tar.gz", ""),
            ("tarsctl bundle verify FILE --json", "each check, for a program"),
        ),
    ),
    Command(
        "bundle list",
        "list the bundles that are kept on this machine",
        list_bundles,
        examples=(
            ("tarsctl bundle list", "the newest five"),
            ("tarsctl bundle list --json", "for a program"),
        ),
    ),
    Command(
        "bundle rm",
        "remove a bundle from this machine",
        remove,
        configure=configure_remove,
        examples=(
            ("tarsctl bundle rm NAME", "a copy of it stays where it is"),
            ("tarsctl bundle rm NAME --json", "for a program"),
        ),
    ),
)
