"""Where progress is drawn: in place on a terminal, one line per ended task elsewhere."""

from __future__ import annotations

import sys
import time

from tarsd.ctl.console import STDERR, terminal_width
from tarsd.ctl.progress import TASK_ENDS, Look, Rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.shapes import Change

MAX_RUNNING_LINES = 8
DRAW_SECONDS = 0.1


class Canvas:
    """Lines at the foot of the terminal that can be drawn again and again."""

    def __init__(self) -> None:
        self._height = 0

    def draw(self, fixed: list[str], moving: list[str]) -> None:
        """Leaves `fixed` behind for good and shows `moving` until the next call."""
        # a moving line that wraps would make the count of lines to go up wrong
        width = (terminal_width(STDERR) or 80) - 1
        lines = [*fixed, *(line[:width] for line in moving)]
        up = f"\x1b[{self._height}A" if self._height else ""
        sys.stderr.write(f"\r{up}\x1b[J" + "".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        self._height = len(moving)

    def clear(self) -> None:
        """Takes the moving lines away."""
        if self._height:
            self.draw([], [])


class TaskProgress:
    """Shows a change as it moves on; what stays are the lines of its ended tasks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._canvas = Canvas() if console.animated else None
        self._told: set[tuple[int | None, str | None]] = set()
        self._rates: dict[int | None, Rate] = {}
        self._began = time.monotonic()

    def show(self, change: Change) -> None:
        """Draws the change as it is now."""
        look = _look(self._console)
        ended = self._newly_ended(change, look)
        if self._canvas:
            self._canvas.draw(ended, self._moving(change, look))
        else:
            self._console.say(*ended)

    def close(self) -> None:
        """Leaves only what is settled."""
        if self._canvas:
            self._canvas.clear()

    def _newly_ended(self, change: Change, look: Look) -> list[str]:
        lines: list[str] = []
        for task in change.get("tasks") or []:
            end = (task.get("number"), task.get("status"))
            if task.get("status") in TASK_ENDS and end not in self._told:
                self._told.add(end)
                lines.append(look.ended(task, change))
        return lines

    def _moving(self, change: Change, look: Look) -> list[str]:
        now = time.monotonic()
        lines: list[str] = []
        for task in change.get("tasks") or []:
            if task.get("status") in ("doing", "undoing"):
                rate = self._rates.setdefault(task.get("number"), Rate())
                rate.add(now, task.get("done") or 0)
                lines.append(look.running(task, change, rate.per_second()))
        return [*lines[:MAX_RUNNING_LINES], look.overall(change, now - self._began)]


class ByteProgress:
    """Shows how many of a known number of bytes have gone by."""

    def __init__(self, console: Console, label: str, total: int) -> None:
        self._console = console
        self._canvas = Canvas() if console.animated else None
        self._label = label
        self._total = total
        self._rate = Rate()
        self._drawn = float("-inf")

    def show(self, done: int) -> None:
        """Draws, but no more often than an eye can follow."""
        now = time.monotonic()
        if self._canvas is None or (now - self._drawn < DRAW_SECONDS and done < self._total):
            return
        self._drawn = now
        self._rate.add(now, done)
        rate = self._rate.per_second()
        look = _look(self._console)
        self._canvas.draw([], [look.counting(look.named(self._label), done, self._total, rate)])

    def close(self) -> None:
        """Takes the bar away."""
        if self._canvas:
            self._canvas.clear()


def _look(console: Console) -> Look:
    encoding = (sys.stderr.encoding or "ascii").lower().replace("-", "")
    width = terminal_width(STDERR)
    return Look(width, console.paint_err, ascii_only=encoding != "utf8")
