"""What is known of one channel: how it went lately, and when it is asked again."""

from collections import deque
from dataclasses import dataclass, field

from tarsd.host.delivery import Ended

WAITS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds before the next try, by failures in a row; the last for all that follow."""

WRONG_WAIT = 900.0
"""Seconds while only the owner can mend it; a new address is tried at once."""

HOUR = 3600.0


@dataclass
class Way:
    """Times are monotonic, in seconds; `since` is when the first of the failures in a row was, on the wall."""

    retry_at: float = 0.0
    failures: int = 0
    since: str | None = None
    failing_from: float | None = None
    why: str | None = None
    last_sent: str | None = None
    last_sent_at: float | None = None
    singly: bool = False
    """Something of the last message was refused: each notice goes alone until one is taken."""
    refreshed: float = 0.0
    renewed: float = 0.0
    _sent: deque[float] = field(default_factory=deque[float])

    def may(self, now: float, per_hour: int) -> bool:
        """Whether it may be sent something now."""
        while self._sent and now - self._sent[0] >= HOUR:
            self._sent.popleft()
        return now >= self.retry_at and len(self._sent) < per_hour

    def took(self, now: float, at: str) -> None:
        """It has taken a message."""
        self._sent.append(now)
        self.last_sent, self.last_sent_at = at, now
        self.failures, self.since, self.failing_from, self.why = 0, None, None, None
        self.retry_at, self.singly = now, False

    def failed(self, now: float, at: str, ended: Ended) -> None:
        """It has not, and not for the sake of the message."""
        self.failing_from = now if self.failing_from is None else self.failing_from
        self.since, self.why = self.since or at, ended.why
        wait = WAITS[min(self.failures, len(WAITS) - 1)]
        if ended.outcome == "wrong":
            wait = WRONG_WAIT
        self.failures += 1
        self.retry_at = now + max(wait, ended.retry_after or 0.0)

    def anew(self, now: float) -> None:
        """The owner has done something about it."""
        self.retry_at, self.singly, self.renewed = 0.0, False, now

    def failing(self, now: float) -> float:
        """For how many seconds it fails, since the owner last did something about it."""
        if self.failing_from is None:
            return 0.0
        return now - max(self.failing_from, self.renewed)
