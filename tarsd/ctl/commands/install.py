"""tarsctl install: render, load or pull, create, start, wait until healthy."""

from __future__ import annotations

from tarsd.ctl import flags, human
from tarsd.ctl.command import Command, again
from tarsd.ctl.errors import TarsctlError, UsageError
from tarsd.ctl.outcome import follow_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.archive import Archive
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon


CHOICES = (
    ("--skip-nas", "--with-nas", "leave the NAS documents out"),
    ("--cpu-only", "--with-gpu", "do not use a GPU"),
    ("--with-frontend", "--without-frontend", "add the web UI"),
)


def configure(parser: ArgumentParser) -> None:
    flags.add_yes(parser)
    for choice, opposite, use in CHOICES:
        pair = parser.add_mutually_exclusive_group()
        name = choice[2:].replace("-", "_")
        pair.add_argument(choice, dest=name, action="store_true", default=None, help=use)
        pair.add_argument(opposite, dest=name, action="store_false", help="take that back")
    parser.add_argument(
        "--image-archive",
        metavar="FILE",
        help="take the images from a `docker save` archive instead of pulling them",
    )
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    archive = _archive(args)
    daemon.get("/v1/version")  # before anything is asked of the owner
    if not args.yes:
        _ask(args, archive, console)
    if archive:
        _load(archive, console, daemon)
    body = {
        "skip_nas": args.skip_nas,  # None, where not given: as an earlier install was told
        "cpu_only": args.cpu_only,
        "with_frontend": args.with_frontend,
        "pull": archive is None,
    }
    return follow_started(args, console, daemon, daemon.start("/v1/install", body))


def _archive(args: Namespace) -> Archive | None:
    if args.image_archive is None:
        return None
    from tarsd.ctl.archive import check_archive

    return check_archive(args.image_archive)


def _ask(args: Namespace, archive: Archive | None, console: Console) -> None:
    if not console.interactive:
        raise UsageError(
            "cannot install without a yes: nobody is at the terminal", again(args, "--yes")
        )
    console.ask_first(*_plan(args, archive))
    if not console.confirm("Go ahead?", default=True):
        raise TarsctlError("cannot install without a yes: nothing was changed")


def _plan(args: Namespace, archive: Archive | None) -> list[str]:
    images = "pull the images that are missing"
    if archive:
        count = human.counted(len(archive.images), "image")
        images = f"load {count} from {archive.path} ({human.size(archive.size)})"
    lines = [
        "This will",
        "  · write the stack's next generation from the settings in /etc/tars-home",
        f"  · {images}",
        "  · create and start the services and wait until they are healthy",
    ]
    choices = [
        (args.with_frontend, "with", "the web UI"),
        (args.skip_nas, "without", "the NAS documents"),
        (args.cpu_only, "without", "a GPU"),
    ]
    opposite = {"with": "without", "without": "with"}
    chosen = [
        f"{word if given else opposite[word]} {what}"
        for given, word, what in choices
        if given is not None
    ]
    return [*lines, f"  {', '.join(chosen)}"] if chosen else lines


def _load(archive: Archive, console: Console, daemon: Daemon) -> None:
    from tarsd.ctl.live import ByteProgress
    from tarsd.ctl.upload import Upload

    progress = ByteProgress(console, f"load {archive.path.name}", archive.size)
    try:
        with archive.path.open("rb") as file:
            answer = Upload(daemon.path, file).send("/v1/images/load", progress.show)
    finally:
        progress.close()
    loaded: list[str] = daemon.result(answer).get("loaded") or []
    console.say(f"loaded {', '.join(loaded) or 'no image'}")


COMMANDS = (
    Command(
        "install",
        "set up the stack, or bring it up to date with its settings",
        run,
        configure=configure,
        description="Keeps every volume, and every choice of an earlier install that is not made"
        "\nanew. Ends with GO (0) or NO-GO (1).",
        examples=(
            ("sudo tarsctl install", "ask once, then pull and start"),
            ("sudo tarsctl install --yes --cpu-only", "for a script, without a GPU"),
            ("sudo tarsctl install --image-archive images.tar", "without a registry"),
        ),
    ),
)
