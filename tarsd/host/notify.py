"""What systemd is told: READY, STATUS and the watchdog's proof of life (sd_notify(3))."""

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
