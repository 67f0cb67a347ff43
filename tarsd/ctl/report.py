"""How an error is told: one line that names the thing and the fix, or an object for --json."""

from __future__ import annotations

import sys

from tarsd.ctl.console import STDERR, terminal_width
from tarsd.ctl.settings import error_line
from tarsd.ctl.table import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tarsd.ctl.errors import TarsctlError
    from tarsd.ctl.shapes import SettingError


def report(error: TarsctlError, words: Sequence[str]) -> int:
    """Tells the error in the form that the command line asked for; returns its exit status."""
    fix = error.fix or _as_root(error, words)
    if "--json" in words:
        _print_json(error, fix)
    else:
        sys.stdout.flush()
        sys.stderr.write("\n".join(_lines(error, fix)) + "\n")
    return error.exit_status


def _lines(error: TarsctlError, fix: str | None) -> list[str]:
    width = terminal_width(STDERR)
    message = f"tarsctl: {error.message}{_since(error)}"
    first = wrap(message, width, 0, hang=2)
    errors: list[SettingError] = error.details.get("errors") or []
    # tarsd's message may name the first of them itself
    reasons = [f"  {error_line(each)}" for each in errors if not _named(each, error.message)]
    if not fix:
        return [*first, *reasons]
    whole = f"{message}; try: {fix}"
    if reasons or (width and len(whole) > width):
        return [*first, *reasons, *wrap(f"  try: {fix}", width, 0, hang=7)]
    return [whole]


def _since(error: TarsctlError) -> str:
    """When the change began that is in the way, on the owner's clock, which tarsd does not know."""
    since = error.details.get("since") if error.kind == "change-conflict" else None
    if not isinstance(since, str):
        return ""
    from tarsd.ctl import human

    return f" since {human.clock(since, None)}"


def _named(reason: SettingError, message: str) -> bool:
    file, line, told = reason.get("file"), reason.get("line"), reason.get("message")
    place = f"{file}:{line}" if line else file
    return bool(place and told and place in message and told in message)


def _print_json(error: TarsctlError, fix: str | None) -> None:
    import json

    body = {"kind": error.kind, "message": error.message, "fix": fix, "details": error.details}
    whole = {"schema": 1, "error": body}
    sys.stdout.write(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _as_root(error: TarsctlError, words: Sequence[str]) -> str | None:
    if error.exit_status != 4:
        return None
    import shlex

    return shlex.join(["sudo", "tarsctl", *words])
