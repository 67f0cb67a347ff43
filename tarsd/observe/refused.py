"""Who was refused for want of rights, and how often lately."""

from collections import deque
from collections.abc import Callable, Sequence

LATELY = 600.0
"""Seconds."""

MOST_KEPT = 1000
"""Refusals; whoever is refused more often is told of as well by these."""


class Refused:
    """`clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, str]] = deque(maxlen=MOST_KEPT)

    def note(self, who: str) -> None:
        """Somebody was refused: an address, or a user of the socket."""
        self._seen.append((self._clock(), who))

    def lately(self) -> Sequence[str]:
        """Who, once for each time."""
        now = self._clock()
        while self._seen and now - self._seen[0][0] >= LATELY:
            self._seen.popleft()
        return [who for _, who in self._seen]
