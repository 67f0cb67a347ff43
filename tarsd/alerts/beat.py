"""The outbound heartbeat: an address that is pinged only while all is well, so that its silence is a message."""

from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from tarsd.host.delivery import Carrier, Ended
from tarsd.settings import HEARTBEAT, Alerts

AGAIN = 30.0
"""Seconds after a ping that failed; the heartbeat's own grace is minutes."""


class Beat:
    """`unwell` says in words why it is not to be pinged, None while all is well; `clock` is monotonic, in seconds."""

    def __init__(
        self,
        carrier: Carrier,
        settings: Callable[[], Alerts],
        unwell: Callable[[], str | None],
        log: FilteringBoundLogger,
        clock: Callable[[], float],
    ) -> None:
        self._carrier = carrier
        self._settings = settings
        self._unwell = unwell
        self._log = log
        self._clock = clock
        self._next = 0.0
        self.withheld: str | None = None
        """Why it was not pinged when it was last due."""
        self.failed: Ended | None = None
        """How the last ping ended that did not succeed; None once one has."""

    async def look(self) -> None:
        """Ping if it is time."""
        minutes, now = self._settings().heartbeat_minutes, self._clock()
        if not minutes or now < self._next:
            return
        why = self._unwell()
        if why != self.withheld:
            self._log.info("heartbeat.withheld" if why else "heartbeat.resumed", message=why or "")
        self.withheld = why
        if why is not None:
            self._next = now + AGAIN
            return
        ended = await self._carrier.carry(HEARTBEAT, {"kind": "ping"})
        if ended.outcome != "sent" and self.failed is None:
            self._log.warning("heartbeat.unsent", message=ended.why or ended.outcome)
        self.failed = None if ended.outcome == "sent" else ended
        self._next = now + (minutes * 60.0 if self.failed is None else AGAIN)
