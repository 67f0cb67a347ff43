"""All services silent at once: one cause, and hardly each of them. Whom to hold it against, and for how long."""

PRESSED = 300.0
"""Seconds that a machine which is short of something excuses its services: restarts would make it worse, for a while."""


class Silence:
    """Since when nobody answers."""

    def __init__(self) -> None:
        self._since: float | None = None

    def over(self) -> None:
        """Somebody has answered, if only with a no."""
        self._since = None

    def blame(self, at: float, short_of: str | None, patience: float) -> str | None:
        """Why not to hold one more silence against its service, in words; None if it is to be.

        `at` is the loop's time. Without any sign that it is the machine they are given `patience` seconds once, which is
        about one more period: then they are taken to hang, each for itself.
        """
        if self._since is None:
            self._since = at
        silent = at - self._since
        if short_of is not None and silent < PRESSED:
            return short_of
        if silent < patience:
            return "none of the services answers, all at once: they are asked once more"
        return None
