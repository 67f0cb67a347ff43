"""tarsctl doctor: ask every check once, mend what may be mended, take it back again."""

from __future__ import annotations

import argparse

from tarsd.ctl import flags
from tarsd.ctl.command import Command, again
from tarsd.ctl.consent import need_root
from tarsd.ctl.doctor_screen import (
    act_lines,
    count_line,
    explain_lines,
    finding_lines,
    list_lines,
    plan_lines,
)
from tarsd.ctl.doctors import Doctors
from tarsd.ctl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Examined, ExaminedFinding, Fixed

KEYS = ("id", "subject", "status", "severity", "summary", "evidence", "commands", "remedy")
DOABLE = ("automatic", "confirm")


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--fix", action="store_true", help="mend what may be mended; asks for root")
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="with --fix: only show what it would do"
    )
    flags.add_yes(parser)
    parser.add_argument(
        "--deep", action="store_true", help="let the services do some work, too; 15 s at most"
    )
    parser.add_argument("--strict", action="store_true", help="a warning is a failure")
    for name, told in (("--only", "ask only these"), ("--skip", "leave these out")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="ID",
            help=f"{told}: a check's id, or a pattern such as 'disk.*'; may be repeated",
        )
    flags.add_timeout(parser)


def run(args: Namespace, console: Console, daemon: Daemon) -> int:
    if args.dry_run and not args.fix:
        raise UsageError(
            "cannot run tarsctl doctor: --dry-run goes with --fix", again(args, "--fix")
        )
    if args.fix and not args.dry_run:
        need_root("mend anything")
    doctors = Doctors(args, console, daemon)
    body = {"deep": args.deep, "only": args.only, "skip": args.skip}
    found = doctors.examine(body)
    if not args.fix:
        return _end(args, console, found, None, hint=True)
    if not console.json:
        console.show(*finding_lines(found, console.width, console.paint))
    plan = _plan(found)
    if args.dry_run:
        return _dry(args, console, found, plan)
    chosen = _chosen(args, console, plan)
    if not chosen:
        console.say(
            "nothing is done: " + ("nothing needs it" if not plan else "what is left is yours")
        )
        return _end(args, console, found, None, shown=True)
    fixed = doctors.fix([_want(it) for it in chosen])
    if not console.json:
        console.say("")
        console.show(*act_lines(fixed.get("acts") or [], console.width, console.paint))
    found = doctors.examine(body)
    status = _end(args, console, found, fixed)
    if fixed.get("edits"):  # a restart cannot be taken back
        console.say(f"To take it back: sudo tarsctl doctor undo {fixed.get('run')}")
    return status


def _dry(args: Namespace, console: Console, found: Examined, plan: list[ExaminedFinding]) -> int:
    if console.json:
        return _end(args, console, found, None)
    lines = list(plan_lines(plan, console.width))
    console.show(*(["", "This would", *lines] if lines else ["This would change nothing"]))
    return _end(args, console, found, None, shown=True)


def _plan(found: Examined) -> list[ExaminedFinding]:
    """What is ill and may be mended by somebody."""
    return [
        it
        for it in found.get("findings") or []
        if it.get("status") in ("fail", "warn") and (it.get("remedy") or it.get("commands"))
    ]


def _chosen(
    args: Namespace, console: Console, plan: list[ExaminedFinding]
) -> list[ExaminedFinding]:
    """All that is automatic, and of the rest what is said yes to."""
    lines = list(plan_lines(plan, console.width))
    if lines:
        console.say("", "The plan", *lines)
    chosen: list[ExaminedFinding] = []
    unasked: list[str] = []
    for it in plan:
        remedy = it.get("remedy") or {}
        kind = remedy.get("class")
        if kind == "automatic" or (kind == "confirm" and args.yes):
            chosen.append(it)
        elif kind == "confirm" and not console.interactive:
            unasked.append(f"{remedy.get('words')} ({it.get('id')})")
        elif kind == "confirm":
            question = f"{it.get('id')}: {remedy.get('words')}?"
            if console.confirm(question, default=False):
                chosen.append(it)
    if unasked:
        console.say(
            f"not done without a yes: {'; '.join(unasked)}; with it: {again(args, '--yes')}"
        )
    return chosen


def _want(it: ExaminedFinding) -> dict[str, str]:
    remedy = it.get("remedy") or {}
    return {
        "id": str(it.get("id")),
        "subject": str(it.get("subject")),
        "remedy": str(remedy.get("id")),
    }


def _end(
    args: Namespace,
    console: Console,
    found: Examined,
    fixed: Fixed | None,
    *,
    hint: bool = False,
    shown: bool = False,
) -> int:
    """Tells what was found, and what that is as an exit status."""
    counts = found.get("summary") or {}
    bad = (counts.get("fail") or 0) + ((counts.get("warn") or 0) if args.strict else 0)
    if console.json:
        findings = [{key: it.get(key) for key in KEYS} for it in found.get("findings") or []]
        acts = {} if fixed is None else {"fix": fixed}
        console.show_json({"summary": counts, "findings": findings, **acts})
        return 1 if bad else 0
    if not shown:
        console.show(*finding_lines(found, console.width, console.paint))
    if not console.quiet:
        console.show(count_line(found))
        mends = any((it.get("remedy") or {}).get("class") in DOABLE for it in _plan(found))
        if hint and mends:
            console.show("", "Next: sudo tarsctl doctor --fix")
    return 1 if bad else 0


def list_checks(args: Namespace, console: Console, daemon: Daemon) -> int:
    answer = Doctors(args, console, daemon).checks()
    if console.json:
        console.show_json(answer)
    else:
        console.show(*list_lines(answer.get("checks") or [], console.paint, cost=args.cost))
    return 0


def explain(args: Namespace, console: Console, daemon: Daemon) -> int:
    check = Doctors(args, console, daemon).check(args.id)
    if console.json:
        console.show_json(check)
    else:
        console.show(*explain_lines(check, console.width))
    return 0


def undo(args: Namespace, console: Console, daemon: Daemon) -> int:
    need_root("undo anything")
    result = Doctors(args, console, daemon).undo(args.run, force=args.yes)
    if console.json:
        console.show_json(result)
        return 0
    undone = result.get("undone") or []
    console.show(*(f"  as before  {it}" for it in undone))
    if not undone:
        console.say(f"run {args.run} has left nothing to take back")
    return 0


def configure_list(parser: ArgumentParser) -> None:
    parser.add_argument("--cost", action="store_true", help="what each took when it was last asked")


def configure_explain(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a check, as in tarsctl doctor list")


def configure_undo(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN", type=_run_number, help="the number that doctor --fix ended with"
    )
    parser.add_argument(
        "-y",
        "--yes",
        action="store_true",
        help="also where you have changed a file since; what stands there is kept in the run",
    )
    flags.add_timeout(parser)


def _run_number(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f'must be a run\'s number, not "{text}"')
    return text


COMMANDS = (
    Command(
        "doctor",
        "ask every check once, and mend what may be mended",
        run,
        configure=configure,
        description="Exits with 1 when something failed. As root it works with tarsd dead, too."
        "\nAlso: doctor list, doctor explain ID, and doctor undo RUN to take a fix back.",
        examples=(
            ("tarsctl doctor", "what is wrong, and what helps"),
            ("sudo tarsctl doctor --fix", "tells the plan, asks where it must"),
            ("tarsctl doctor --strict --quiet", "for a script: silent if all is well"),
        ),
    ),
    Command(
        "doctor list",
        "list all checks",
        list_checks,
        configure=configure_list,
        examples=(
            ("tarsctl doctor list", "what is asked, and when"),
            ("tarsctl doctor list --cost", "what it costs"),
        ),
    ),
    Command(
        "doctor explain",
        "explain a check: what it means, why it matters, what to do",
        explain,
        configure=configure_explain,
        examples=(
            ("tarsctl doctor explain service.hung", "for a person"),
            ("tarsctl doctor explain disk.low --json", "for a program"),
        ),
    ),
    Command(
        "doctor undo",
        "take back what a doctor --fix did to files and units",
        undo,
        configure=configure_undo,
        description="Byte for byte, with mode and owner; what it made is removed. A restart stays.",
        examples=(
            ("sudo tarsctl doctor undo 3", "refused where a file was changed since"),
            ("sudo tarsctl doctor undo 3 --yes", "all the same"),
        ),
    ),
)
