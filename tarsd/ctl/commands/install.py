"""tarsctl install: check, render, load or pull, create, start, wait until healthy."""

from __future__ import annotations

from tarsd.ctl import flags
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_somebody, need_yes
from tarsd.ctl.outcome import follow_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.archive import Archive
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import InstallPlan, InstallResult

    Body = dict[str, object]

PLAN_SECONDS = 180.0  # tarsd runs every check and Compose; each has a shorter deadline of its own

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
    backend = parser.add_mutually_exclusive_group()
    backend.add_argument("--backend-image", metavar="REF", help="add your own API, from this image")
    backend.add_argument(
        "--without-backend",
        dest="backend_image",
        action="store_const",
        const="",
        help="take that back",
    )
    parser.add_argument(
        "--model",
        dest="models",
        metavar="NAME",
        action="append",
        default=[],
        help="have this model on the machine (may be given again)",
    )
    parser.add_argument(
        "--without-model",
        dest="without_models",
        metavar="NAME",
        action="append",
        default=[],
        help="take that back; the model itself stays",
    )
    parser.add_argument(
        "--ops",
        choices=("lan", "local", "off"),
        help="who may ask how this machine is, over TLS on port 8443: the LAN, this machine only, nobody",
    )
    parser.add_argument(
        "--image-archive",
        metavar="FILE",
        help="take the images from a `docker save` archive instead of pulling them",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be done, and do nothing"
    )
    flags.add_waiting(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    archive = _archive(args)
    body: Body = {
        "skip_nas": args.skip_nas,  # None, where not given: as an earlier install was told
        "cpu_only": args.cpu_only,
        "with_frontend": args.with_frontend,
        "backend_image": args.backend_image,
        "models": args.models,
        "without_models": args.without_models,
        "ops": args.ops,
        "pull": archive is None,
    }
    daemon.get("/v1/version")  # before anything is asked of the owner
    if args.dry_run:
        return _show_plan(_plan(daemon, body, archive), console)
    if not args.yes and not _agreed(args, body, archive, console, daemon):
        return 1
    if archive:
        body["loaded"] = not args.yes or _worth_loading(_plan(daemon, body, archive))
        if body["loaded"]:
            _load(archive, console, daemon)
    return follow_started(args, console, daemon, daemon.start("/v1/install", body))


def _plan(daemon: Daemon, body: Body, archive: Archive | None) -> InstallPlan:
    ids = archive.ids if archive else {}
    return daemon.post("/v1/install/plan", {**body, "archive": ids}, PLAN_SECONDS)


def _show_plan(plan: InstallPlan, console: Console) -> int:
    if console.json:
        console.show_json({**plan})
    else:
        console.show(*_told(plan, console), "", "nothing was changed")
    return 0 if plan.get("verdict") == "GO" else 1


def _told(plan: InstallPlan, console: Console) -> list[str]:
    from tarsd.ctl.plan_screen import plan_lines
    from tarsd.ctl.verdict import verdict_lines

    lines = [*plan_lines(plan, console.width), ""]
    found: InstallResult = {
        "verdict": plan.get("verdict"),
        "passed": plan.get("passed"),
        "warnings": plan.get("warnings"),
        "failures": plan.get("failures"),
    }
    return lines + verdict_lines(found, None, console.paint, console.width, hints=False)


def _archive(args: Namespace) -> Archive | None:
    if args.image_archive is None:
        return None
    from tarsd.ctl.archive import check_archive

    return check_archive(args.image_archive)


def _agreed(
    args: Namespace, body: Body, archive: Archive | None, console: Console, daemon: Daemon
) -> bool:
    """Asks what is worth asking, into `body`, and whether to go on; False where the machine is not ready."""
    need_somebody(args, console, "install")
    from tarsd.ctl.interview import interview

    plan = _plan(daemon, body, archive)
    if answers := interview(plan, console):
        body.update(answers)
        plan = _plan(daemon, body, archive)
    console.ask_first(*_told(plan, console), "")
    if plan.get("verdict") != "GO":
        console.ask_first("nothing was changed")
        return False
    need_yes(console, "install", default=True)
    return True


def _worth_loading(plan: InstallPlan) -> bool:
    """Whether the machine is ready for the archive; raises RefusedError where the archive lacks an image.

    Where it is not ready the install is begun all the same: tarsd refuses it, and its NO-GO is on record.
    """
    from tarsd.ctl.errors import RefusedError

    failures = plan.get("failures") or []
    if failures and all(each.get("id") == "image.missing" for each in failures):
        first = failures[0]
        message = f"cannot install the stack: {first.get('summary')}"
        details = {"failures": failures}
        raise RefusedError(
            {
                "kind": "image-missing",
                "message": message,
                "fix": first.get("fix"),
                "details": details,
            }
        )
    return plan.get("verdict") == "GO"


def _load(archive: Archive, console: Console, daemon: Daemon) -> None:
    from tarsd.ctl.console import STDERR, terminal_width
    from tarsd.ctl.live import ByteProgress
    from tarsd.ctl.table import wrap
    from tarsd.ctl.upload import Upload

    progress = ByteProgress(console, f"load {archive.path.name}", archive.size)
    try:
        with archive.path.open("rb") as file:
            answer = Upload(daemon.path, file).send("/v1/images/load", progress.show)
    finally:
        progress.close()
    loaded: list[str] = daemon.result(answer).get("loaded") or []
    told = f"loaded {', '.join(loaded) or 'no image'}"
    console.say(*wrap(told, terminal_width(STDERR), 0, hang=7))


COMMANDS = (
    Command(
        "install",
        "set up the stack, or bring it up to date with its settings",
        run,
        configure=configure,
        description="Keeps every volume, and every choice of an earlier install that is not made"
        "\nanew. Ends with GO (0) or NO-GO (1).",
        examples=(
            ("sudo tarsctl install", "ask, pull and start"),
            ("sudo tarsctl install --dry-run", "only show the plan"),
            ("sudo tarsctl install --yes --image-archive images.tar", "without a registry"),
        ),
    ),
)
