"""What one more answer, or none, makes of what is known of a service: pure rules, no clock, no loop."""

from dataclasses import replace
from datetime import datetime

from tarsd.catalogue.views import Answers, Level
from tarsd.errors import Why


def passed(before: Answers, latency: float | None, at: datetime, level: Level) -> Answers:
    """It answers as it should; `latency` is None where it could not be measured."""
    return replace(
        before,
        ready=True,
        failures=0,
        why=None,
        reason=None,
        latency=before.latency if latency is None else latency,
        at=at,
        passed=True,
        level=level,
        blame=None,
        silent_since=None,
    )


def failed(
    before: Answers, why: Why, reason: str, threshold: int, at: float | None = None
) -> Answers:
    """It does not; `at` is the loop's time.

    `unasked` says nothing of it: whether it is ready is unknown, and the row of failures neither grows nor ends.
    `starting` is its own word that it needs time, to be waited for: no failure. All others count; what was ready stays so
    until `threshold` of them came in a row.
    """
    if why == "unasked":
        return replace(before, ready=None, why=why, reason=reason, level=None, blame=None)
    if why == "starting":
        return replace(
            before,
            ready=False,
            failures=0,
            why=why,
            reason=reason,
            level="live",
            blame=None,
            silent_since=None,
        )
    failures = before.failures + 1
    return replace(
        before,
        ready=before.ready is True and failures < threshold,
        failures=failures,
        why=why,
        reason=reason,
        level="live" if why in ("sick", "denied") else None,
        blame=None,
        silent_since=(before.silent_since or at) if why == "silent" else None,
    )


def excused(before: Answers, reason: str, blame: str) -> Answers:
    """Its silence is likelier the machine's fault than its own: it is told, and does not count."""
    return replace(before, why="silent", reason=reason, level=None, blame=blame)


def turned(before: Answers, after: Answers, threshold: int) -> bool:
    """Whether something may be judged otherwise now than before."""
    return _verdict(before, threshold) != _verdict(after, threshold)


def _verdict(answers: Answers, threshold: int) -> tuple[object, ...]:
    confirmed = answers.failures >= threshold
    return (
        answers.ready,
        confirmed,
        answers.why if confirmed else None,
        answers.blame is None,
        answers.problem,
    )
