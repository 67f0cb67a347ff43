"""The look of progress: bars, rates and one line per task. Pure text; live.py draws it."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.table import cut, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Paint
    from tarsd.ctl.shapes import Change, Task

ENDS = ("done", "undone", "needs-owner")
TASK_ENDS = ("done", "undone", "failed")
STYLES = {"done": "good", "undone": "warn", "failed": "bad"}
RATE_WINDOW_SECONDS = 5.0
BAR_COLUMNS = 24
WIDE_COLUMNS = 100
AMOUNTS_COLUMNS = 42
BRIEF_AMOUNTS_COLUMNS = 32
TIME_LEFT = "at most "


class Rate:
    """How fast a count grows, over the last few seconds."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def add(self, now: float, done: int) -> None:
        """Notes the count at a monotonic time; a count that falls begins anew."""
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] < now - RATE_WINDOW_SECONDS:
            del self._samples[0]

    def per_second(self) -> float | None:
        """None until something has been seen to move."""
        if len(self._samples) < 2:
            return None
        (start, before), (end, after) = self._samples[0], self._samples[-1]
        return (after - before) / (end - start) if end > start and after > before else None


class Look:
    """How lines are made for a terminal of `width` columns, or for a file where it is None."""

    def __init__(self, width: int | None, paint: Paint, *, ascii_only: bool = False) -> None:
        self._terminal = width
        self._width = width or 200
        self._paint = paint
        self._ascii_only = ascii_only
        self._ellipsis = "..." if ascii_only else "…"
        self._brief = self._width < WIDE_COLUMNS

    def ended(self, task: Task, change: Change) -> str:
        """What a task leaves behind: its place, its name, how it ended and how long it took."""
        status = task.get("status") or "done"
        line = head = f"{self._beginning(task, change)}  {status}"
        took = human.between(task.get("started"), task.get("ended"))
        if took is not None and status != "undone":
            line += f" in {human.duration(took)}"
        if status == "failed" and (detail := task.get("detail")):
            line += f": {human.one_line(detail)}"
        whole = "\n".join(wrap(line, self._terminal, 0, hang=7))
        # coloured only now, for colour is no width
        painted = f"{head.removesuffix(status)}{self._paint(STYLES.get(status, ''), status)}"
        return whole.replace(head, painted, 1)

    def running(self, task: Task, change: Change, rate: float | None) -> str:
        """A task at work, with a bar where its bytes are counted."""
        beginning = self._beginning(task, change)
        done, total = task.get("done"), task.get("total")
        if task.get("unit") == "bytes" and done is not None and total:
            return self.counting(beginning, done, total, rate)
        words = "undoing" if task.get("status") == "undoing" else "..."
        if done is not None and total:
            words = f"{done} of {total}"
        if detail := task.get("detail"):
            room = self._width - 1 - len(beginning) - len(words) - 4
            words += f"  {self._fitted(human.one_line(detail), room)}"
        return f"{beginning}  {words}"

    def overall(self, change: Change, elapsed: float) -> str:
        """How far the whole change is after `elapsed` seconds."""
        tasks = change.get("tasks") or []
        ended = sum(task.get("status") in TASK_ENDS for task in tasks)
        share = sum(map(_share, tasks)) / len(tasks) if tasks else 0.0
        words = f"{ended} of {len(tasks)} tasks"
        if change.get("status") == "undoing":
            words = "undoing what was done"
        beginning = f"{'':7}{words:<{self._name_columns(change)}}"
        numbers = f"{share * 100:3.0f} %  {human.duration(elapsed)}"
        return f"{beginning}  {self._bar(share, len(beginning))}{numbers}"

    def counting(self, beginning: str, done: int, total: int, rate: float | None) -> str:
        """A bar and its numbers: ━━━━╸    71 %  212 of 298 MiB  18 MiB/s  5 s left; the time left is the last to go."""
        share, amounts = f"{100 * done // total:>3} %", _of(done, total)
        speed = f"{human.size(rate)}/s" if rate and not self._brief else ""
        left = (
            f"{_whole(max(round((total - done) / rate), 1))} left" if rate and done < total else ""
        )
        line = f"{beginning}  {self._bar(done / total, len(beginning))}"
        choices = ((share, amounts, speed, left), (share, amounts, left), (share, left), (left,))
        numbers = ["  ".join(filter(None, choice)) for choice in choices]
        fitting = (it for it in numbers if len(line) + len(it) < self._width)
        return line + next(fitting, numbers[-1])

    def named(self, label: str) -> str:
        """A label of the owner's, such as a file's name, in as much room as a task's name has."""
        return cut(label, self._width // 2, self._ellipsis)

    def _fitted(self, detail: str, room: int) -> str:
        """A detail in that many columns. How long it may still take stands at its end, and stays."""
        head, limit, last = detail.rpartition(TIME_LEFT)
        last = limit + last
        if len(detail) <= room or not limit or len(last) > room:
            return cut(detail, room, self._ellipsis)
        columns = room - len(last) - 2
        return f"{cut(head, columns, self._ellipsis)}, {last}" if columns >= 8 else last

    def _beginning(self, task: Task, change: Change) -> str:
        place = f"{task.get('number') or '?'}/{len(change.get('tasks') or [])}"
        columns = self._name_columns(change)
        return f"{place:>5}  {cut(_name(task), columns, self._ellipsis):<{columns}}"

    def _name_columns(self, change: Change) -> int:
        names = [len(_name(task)) for task in change.get("tasks") or []]
        return min(max(names, default=0), self._width // 2)

    def _bar(self, share: float, taken: int) -> str:
        """A bar in the room that is left beside the numbers; nothing where there is none."""
        numbers = BRIEF_AMOUNTS_COLUMNS if self._brief else AMOUNTS_COLUMNS
        columns = min(self._width - taken - numbers - 4, BAR_COLUMNS)
        return bar(share, columns, ascii_only=self._ascii_only) + "  " if columns >= 6 else ""


def bar(share: float, columns: int, *, ascii_only: bool) -> str:
    """A bar of that many columns, filled to the half column."""
    full, half, empty = ("#", "#", ".") if ascii_only else ("━", "╸", " ")
    halves = round(min(max(share, 0.0), 1.0) * columns * 2)
    filled = full * (halves // 2) + half * (halves % 2)
    return filled + empty * (columns - len(filled))


def _name(task: Task) -> str:
    return human.one_line(task.get("summary") or task.get("kind") or "task")


def _share(task: Task) -> float:
    if task.get("status") in TASK_ENDS:
        return 1.0
    done, total = task.get("done"), task.get("total")
    return min(done / total, 1.0) if done is not None and total else 0.0


def _whole(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else human.duration(seconds)


def _of(done: int, total: int) -> str:
    had, unit = human.size(done).split(" ")
    whole, whole_unit = human.size(total).split(" ")
    first = had if unit == whole_unit else f"{had} {unit}"
    return f"{first} of {whole} {whole_unit}"
