"""What systemd is told: READY, STATUS and the watchdog's proof of life (sd_notify(3))."""

import os

from sdnotify import SystemdNotifier


class Notify:
    """Silent where there is no systemd to tell."""

    def __init__(self) -> None:
        self._notifier = SystemdNotifier()

    def ready(self) -> None:
        """The API answers."""
        self._notifier.notify("READY=1")

    def status(self, words: str) -> None:
        """The stack's state in words, for `systemctl status`."""
        self._notifier.notify(f"STATUS={words}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._notifier.notify("WATCHDOG=1")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._notifier.notify("STOPPING=1")

    @staticmethod
    def watchdog_period() -> float | None:
        """Seconds within which alive() must be called, or None if nobody watches."""
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        return int(microseconds) / 1_000_000 if microseconds.isdecimal() else None
