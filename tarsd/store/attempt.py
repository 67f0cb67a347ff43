"""A write on its way to the disk, and who has the last word on it: the caller who gives up, or the thread that commits."""

import threading


class GivenUp(Exception):
    """The caller has been told that it failed, so it may not be committed any more."""


class Attempt:
    """Exactly one of `give_up` and `commit` is first, and the other one learns of it."""

    def __init__(self) -> None:
        self._first = threading.Lock()
        self._given_up = False

    def give_up(self) -> bool:
        """Take the write back. True: it will never be committed; False: its COMMIT has begun."""
        if self._first.acquire(blocking=False):
            self._given_up = True
        return self._given_up

    def commit(self) -> None:
        """Right before COMMIT. Raises GivenUp; then the thread rolls back."""
        if not self._first.acquire(blocking=False):
            raise GivenUp

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it: one that was given up in the queue need not begin."""
        return not self._given_up
