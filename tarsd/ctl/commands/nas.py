"""tarsctl nas: the documents of a NAS, mounted on this machine for the stack to read."""

from __future__ import annotations

from tarsd.ctl import flags, human, nas_questions
from tarsd.ctl.command import Command, again
from tarsd.ctl.consent import need_root, need_somebody, need_yes
from tarsd.ctl.errors import UsageError
from tarsd.ctl.follow import Follower
from tarsd.ctl.nas_screen import setup_lines, status_lines, test_lines
from tarsd.ctl.outcome import follow_started, tell_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import NasReport, NasSetup, NasTest

DEFAULT_PATH = "/mnt/nas/documents"
TEST_SECONDS = 90.0  # a trial may take 45, a count 30


def configure_setup(parser: ArgumentParser) -> None:
    nas_questions.configure(parser)
    parser.add_argument(
        "--path",
        default=None,
        help=f"where the documents appear on this machine; default: where they are now, or {DEFAULT_PATH}",
    )
    flags.add_yes(parser)
    flags.add_waiting(parser)


def configure_remove(parser: ArgumentParser) -> None:
    flags.add_yes(parser)
    flags.add_waiting(parser)


def setup(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("set up a NAS")
    if args.source is None and not console.interactive:
        raise UsageError(
            "cannot set up a NAS without its share", again(args, nas_questions.EXAMPLE)
        )
    known: NasReport = daemon.get("/v1/nas")
    if not args.yes:
        need_somebody(args, console, "set up a NAS")
    share = nas_questions.share(args, console, questions=not args.yes)
    path = args.path or known.get("path") or DEFAULT_PATH
    if not args.yes:
        console.ask_first(*_plan(share, path, known))
        need_yes(console, "set up a NAS", default=True)
    change_id = daemon.start("/v1/nas/setup", {"share": share, "path": path})
    if args.no_wait:
        return follow_started(args, console, daemon, change_id)
    change = Follower(daemon, console, change_id, args.timeout).to_the_end()
    status = tell_end(change, console)
    if status == 0 and not console.json:
        result: NasSetup = change.get("result") or {}  # type: ignore[assignment]  a result has its change's shape
        console.show(*setup_lines(result, hints=not console.quiet))
    return status


def test(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("test the NAS")
    # also so that a daemon that hangs is told in 2 s, not after the trial's time
    known: NasReport = daemon.get("/v1/nas")
    if args.source is None and (args.user or args.domain or args.password_stdin):
        raise UsageError(
            "cannot test: a user goes with a share", again(args, nas_questions.EXAMPLE)
        )
    share = nas_questions.share(args, console, questions=True) if args.source else None
    if share or known.get("unit"):  # tarsd says at once that there is none to try
        console.say("trying the share, at most a minute ...")
    found: NasTest = daemon.post("/v1/nas/test", {"share": share}, patience=TEST_SECONDS)
    if console.json:
        console.show_json(found)
    else:
        console.show(*test_lines(found, console.width, console.paint))
    return 0 if found.get("works") else 1


def show(_args: Namespace, console: Console, daemon: Daemon) -> int:
    found: NasReport = daemon.get("/v1/nas")
    if console.json:
        console.show_json(found)
    else:
        console.show(*status_lines(found, console.width))
    return 0


def remove(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("remove the NAS")
    known: NasReport = daemon.get("/v1/nas")
    if not args.yes:
        need_somebody(args, console, "remove the NAS")
        source, path = known.get("source") or "the NAS", known.get("path") or human.UNKNOWN
        console.ask_first(
            f"This unmounts {source} from {path} and removes the mount unit, the credentials and the",
            "settings of it. The documents are on the NAS and stay as they are.",
        )
        need_yes(console, "remove the NAS", default=False)
    return follow_started(args, console, daemon, daemon.start("/v1/nas/remove", {}))


def _plan(share: dict[str, object], path: str, known: NasReport) -> list[str]:
    who = f" as {share['user']}" if share["user"] else ""
    old = known.get("source") if known.get("configured") else None
    return [
        "This will",
        f"  · try {share['source']}{who}, and change nothing if that fails",
        *([f"  · unmount {old} from {known.get('path')}"] if old else []),
        f"  · mount it read-only at {path}, now and at every boot",
        f"  · let containers read {path.rpartition('/')[0]}, at the next tarsctl install",
    ]


COMMANDS = (
    Command(
        "nas setup",
        "mount the documents of a NAS, read-only",
        setup,
        configure=configure_setup,
        description="Tries the share first and says exactly what is wrong. What an earlier setup"
        "\nmounted is replaced, and stays if the new one does not work.",
        examples=(
            ("sudo tarsctl nas setup", "asks for all of it"),
            ("sudo tarsctl nas setup //nas/documents --user scan", "asks for the password"),
            ("sudo tarsctl nas setup nas:/export/documents --yes", "NFS, for a script"),
        ),
    ),
    Command(
        "nas test",
        "try the share and say what is wrong, without changing anything",
        test,
        configure=nas_questions.configure,
        description="Without a SOURCE the share that is set up. Exits with 1 when it does not work.",
        examples=(
            ("sudo tarsctl nas test", "what is set up"),
            ("sudo tarsctl nas test //nas/documents --user scan", "another one"),
        ),
    ),
    Command(
        "nas status",
        "show whether the documents are there",
        show,
        description="Never touches the share itself, so it answers with a dead NAS too.",
        examples=(
            ("tarsctl nas status", ""),
            ("tarsctl nas status --json | jq .mounted", "for a program"),
        ),
    ),
    Command(
        "nas remove",
        "unmount the documents and forget the NAS",
        remove,
        configure=configure_remove,
        description="The documents themselves are on the NAS and are not touched.",
        examples=(
            ("sudo tarsctl nas remove", "asks first"),
            ("sudo tarsctl nas remove --yes", "for a script"),
        ),
    ),
)
