"""How an error is told: one line that names the thing and the fix, or an object for --json."""

from __future__ import annotations

import sys

from tarsd.ctl.console import STDERR, terminal_width
from tarsd.ctl.settings import error_line

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
    first = f"tarsctl: {error.message}"
    errors: list[SettingError] = error.details.get("errors") or []
    reasons = [f"  {error_line(each)}" for each in errors]
    if not fix:
        return [first, *reasons]
    width = terminal_width(STDERR)
    whole = f"{first}; try: {fix}"
    if reasons or (width and len(whole) > width):
        return [first, *reasons, f"  try: {fix}"]
    return [whole]


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
