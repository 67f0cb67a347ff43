"""The terminal: data on stdout, everything else on stderr, colour only where it is wanted."""

from __future__ import annotations

import os
import sys

from tarsd.ctl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STDIN, STDOUT, STDERR = 0, 1, 2
CODES = {"good": "32", "warn": "33", "bad": "31"}


class Paint:
    """Colours a text by its meaning, or leaves it as it is."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, style: str, text: str) -> str:
        code = CODES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and code else text


class Console:
    """Where a command writes. `json` means one object on stdout; it and `quiet` no messages."""

    def __init__(self, *, json: bool = False, quiet: bool = False, no_color: bool = False) -> None:
        self.json = json
        self.quiet = quiet or json
        plain = no_color or json or bool(os.environ.get("NO_COLOR")) or _dumb()
        self.paint = Paint(enabled=not plain and os.isatty(STDOUT))
        self.paint_err = Paint(enabled=not plain and os.isatty(STDERR))

    @property
    def width(self) -> int | None:
        """Columns of the terminal on stdout, None when stdout is a file or a pipe."""
        return terminal_width(STDOUT)

    @property
    def animated(self) -> bool:
        """Whether stderr is a terminal that can be drawn on."""
        return not self.quiet and os.isatty(STDERR) and not _dumb()

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return os.isatty(STDIN) and os.isatty(STDERR)

    def show(self, *lines: str) -> None:
        """Data: lines on stdout."""
        sys.stdout.write("".join(f"{line}\n" for line in lines))

    def show_json(self, value: Mapping[str, object]) -> None:
        """Data: one JSON object with the schema number first."""
        import json

        whole = {"schema": 1, **value}
        sys.stdout.write(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")

    def say(self, *lines: str) -> None:
        """A message: lines on stderr, none when quiet; after what was shown before, where both go to one place."""
        if not self.quiet:
            sys.stdout.flush()
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            sys.stderr.flush()

    def ask_first(self, *lines: str) -> None:
        """What a question is about: lines on stderr, quiet or not."""
        sys.stdout.flush()
        sys.stderr.write("".join(f"{line}\n" for line in lines))

    def confirm(self, question: str, *, default: bool) -> bool:
        """Asks; an empty answer means `default`, the end of input means no."""
        answer = self.ask(f"{question} {'[Y/n]' if default else '[y/N]'} ")
        if answer is None:
            return False
        return answer.lower() in ("y", "yes") if answer else default

    def ask_secret(self, question: str) -> str | None:
        """The answer, not shown as it is typed; None at the end of input."""
        if not self.interactive:
            raise UsageError(f'cannot ask "{question.strip()}": nobody is at the terminal')
        from getpass import getpass  # dear, and needed here only

        try:
            return getpass(question, sys.stderr)
        except EOFError:
            return None

    def ask(self, question: str) -> str | None:
        """The answer without surrounding space, None at the end of input."""
        if not self.interactive:
            raise UsageError(f'cannot ask "{question.strip()}": nobody is at the terminal')
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        return line.strip() if line else None


def terminal_width(descriptor: int) -> int | None:
    """Columns of the terminal behind a file descriptor, None if there is none."""
    try:
        return os.get_terminal_size(descriptor).columns or None
    except OSError:
        return None


def _dumb() -> bool:
    return os.environ.get("TERM") == "dumb"
