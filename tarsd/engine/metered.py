"""What a check costs: its time, and the processor's time that it takes of the daemon's one thread."""

import time
from collections.abc import Coroutine, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """Of the latest time it was asked, in seconds, and how often it was. What a job or a thread takes is in `wall` only."""

    wall: float = 0.0
    cpu: float = 0.0
    asked: int = 0

    def plus(self, wall: float, cpu: float) -> "Cost":
        """Asked once more."""
        return Cost(wall, cpu, self.asked + 1)


class Metered(Generic[T]):
    """Awaits a coroutine and adds up what each of its steps takes; tasks that it starts are not among them."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self.cpu = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        sent: Any = None
        error: BaseException | None = None
        while True:
            began = time.thread_time()
            try:
                waited_for = steps.send(sent) if error is None else steps.throw(error)
            except StopIteration as end:
                return end.value
            finally:
                self.cpu += time.thread_time() - began
            error = None
            try:
                sent = yield waited_for
            except BaseException as thrown:  # noqa: BLE001  a cancellation, too, is the coroutine's to take
                error = thrown


class Costs:
    """Of each check, since the daemon's start."""

    def __init__(self) -> None:
        self._known: dict[str, Cost] = {}

    @property
    def known(self) -> Mapping[str, Cost]:
        """Of each check that was asked."""
        return dict(self._known)

    def add(self, check: str, wall: float, cpu: float) -> None:
        """It was asked once."""
        self._known[check] = self.of(check).plus(wall, cpu)

    def of(self, check: str) -> Cost:
        """All zero for one that was never asked."""
        return self._known.get(check, Cost())
