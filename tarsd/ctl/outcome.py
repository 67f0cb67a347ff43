"""The end of a change: how it is told and which exit status it means."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.errors import TarsctlError
from tarsd.ctl.follow import Follower
from tarsd.ctl.verdict import verdict_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Change, InstallResult


def follow_started(
    args: Namespace, console: Console, daemon: Daemon, change_id: str, *, good: str = "done"
) -> int:
    """After a change was started: watches it and tells its end, unless --no-wait."""
    if args.no_wait:
        if console.json:
            console.show_json(daemon.get(f"/v1/changes/{change_id}"))
        console.say(f"change {change_id} is started; watch it with: tarsctl watch {change_id}")
        return 0
    change = Follower(daemon, console, change_id, args.timeout).to_the_end()
    return tell_end(change, console, good=good)


def tell_end(change: Change, console: Console, *, good: str = "done") -> int:
    """Tells how a change ended; 0 if with status `good`, and GO where there is a verdict on what was done."""
    result: InstallResult = change.get("result") or {}
    ended_well = change.get("status") == good
    if good == "undone" and not _unmet(change):
        result = {}  # its verdict is on what nobody wants any more
    status = 0 if ended_well and result.get("verdict", "GO") == "GO" else 1
    if console.json:
        console.show_json(change)
        return status
    took = human.between(change.get("started"), change.get("ended"))
    failure = None if ended_well else _failure(change, result, good)
    alone = _is_told_by(failure, result)
    told = _needs_telling(change, result, alone=alone)
    if told:
        console.say("")
        console.show(
            *verdict_lines(
                result,
                took,
                console.paint,
                console.width,
                hints=not console.quiet,
                failures=not alone,
            )
        )
    if failure:
        raise failure
    if not told:
        console.say(f"{good}: {change.get('summary')} · {human.duration(took)}")
        if reason := (change.get("error") or {}).get("message"):
            console.say(reason)
    return status


def tell_failure(change: Change) -> TarsctlError:
    """Why a change did not end done, for a command that tells the rest of it in its own words."""
    return _failure(change, change.get("result") or {}, "done")


def _is_told_by(failure: TarsctlError | None, result: InstallResult) -> bool:
    """Whether the line that ends the command tells the only failure there is: then it is told there, and once."""
    failures = result.get("failures") or []
    summary = failures[0].get("summary") if len(failures) == 1 else None
    return failure is not None and bool(summary) and str(summary) in failure.message


def _needs_telling(change: Change, result: InstallResult, *, alone: bool) -> bool:
    # a start has a verdict too; where all went well, one line says as much
    findings = result.get("warnings") or (result.get("failures") and not alone)
    return bool(result.get("verdict") and (change.get("kind") == "install" or findings))


def _failure(change: Change, result: InstallResult, good: str) -> TarsctlError:
    number, summary = change.get("id"), change.get("summary") or change.get("kind")
    look = f"tarsctl tasks {number}"
    if good == "undone":
        kept = ", but for what is told above" if _unmet(change) else ""
        return TarsctlError(
            f"cannot abort change {number} ({summary}): it ended {change.get('status')}{kept}",
            look,
        )
    told = change.get("error") or {}
    left = "; not all of it could be undone" if change.get("status") == "needs-owner" else ""
    failures = result.get("failures") or []
    if len(failures) > 1:
        message = f"cannot {summary}: {len(failures)} failures, told above{left}"
        return TarsctlError(message, look if left else None)
    unexplained = f"cannot {summary}: change {number} ended {change.get('status')}"
    message = told.get("message")
    return TarsctlError(message + left if message else unexplained, told.get("fix") or look)


def _unmet(change: Change) -> bool:
    """Whether it is done and still did not do all: models of an install, whose stack stays."""
    return change.get("status") == "done" and (change.get("result") or {}).get("verdict") == "NO-GO"
