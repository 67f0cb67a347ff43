"""Who is told of what, and when not: routing, quiet hours, silences. Nothing here waits or is remembered."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from tarsd.alerts.notice import Notice, Silence
from tarsd.settings import Alerts, Channel
from tarsd.times import moment

SEVERITIES = ("info", "warn", "fail")

OWN_FAULT = "alerts.channel"
"""That a channel does not work: it is not told to that channel."""


def routed(alerts: Alerts, fault: str, subject: str, severity: str) -> Sequence[str]:
    """The channels that are told of it."""
    return [
        name
        for name, channel in alerts.channels.items()
        if _wants(channel, fault, severity) and (fault, subject) != (OWN_FAULT, name)
    ]


def _wants(channel: Channel, fault: str, severity: str) -> bool:
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    if rank < SEVERITIES.index(channel.severity):
        return False
    return any(fnmatchcase(fault, pattern) for pattern in channel.faults)


class Holds:
    """What keeps a notice for later. `local` is the machine's own time."""

    def __init__(self, local: Callable[[], datetime]) -> None:
        self._local = local
        self.silences: dict[int, Silence] = {}

    def why(self, notice: Notice, channel: Channel) -> str | None:
        """Why it is not sent now, or None."""
        silence = next((it for it in self.silences.values() if self._silenced(it, notice)), None)
        if silence is not None:
            return f"silence {silence.id}"
        return "quiet hours" if self._quiet(channel, notice.severity) else None

    def over(self) -> Iterable[int]:
        """Silences that have ended."""
        now = self._local()
        return [number for number, it in self.silences.items() if moment(it.until) <= now]

    def _silenced(self, silence: Silence, notice: Notice) -> bool:
        return (
            moment(silence.until) > self._local()
            and fnmatchcase(notice.fault, silence.fault)
            and fnmatchcase(notice.subject, silence.subject)
        )

    def _quiet(self, channel: Channel, severity: str) -> bool:
        if channel.quiet is None or channel.kind == "alertmanager":
            return False  # which has hours of its own
        if severity == "fail" and channel.quiet_lets == "fail":
            return False
        begin, _, end = channel.quiet.partition("-")
        now = f"{self._local():%H:%M}"
        return begin <= now < end if begin <= end else now >= begin or now < end
