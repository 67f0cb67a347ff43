"""The settings in force: taken over only when valid, kept on disk as the last good ones."""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from tarsd import config
from tarsd.config import Config
from tarsd.errors import ConfigInvalid
from tarsd.host.files import write_changed
from tarsd.paths import Paths
from tarsd.settings import Settings

DEADLINE = 10.0
"""Seconds for the disk to keep the last good settings, for which nobody waits, or to give them back."""


class Configured:
    """`invalid` says why the files on disk are not what is in force; None when they are."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="settings")
        self._keeping: Future[None] | None = None
        self._since = 0.0
        self.invalid: ConfigInvalid | None = None
        self.in_force = "the last good settings are in force"
        self.config = self._first()

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self.config.settings

    @property
    def unkept(self) -> str | None:
        """Why the settings in force are not written down as the last good ones; None while that may still come."""
        if self._keeping is None:
            return None
        if self._keeping.done():
            error = self._keeping.exception()
            return None if error is None else str(error)
        silent = time.monotonic() - self._since
        return f"the disk has not answered for {silent:.0f} s" if silent > DEADLINE else None

    def reload(self) -> None:
        """Take over the files. Raises ConfigInvalid; the old settings then stay in force."""
        self._take(config.load(self._paths))

    def settle(self) -> bool:
        """Wait until the last good settings are written, or cannot be: False after DEADLINE seconds. It blocks."""
        return self._keeping is None or not wait([self._keeping], DEADLINE).not_done

    def _first(self) -> Config:
        try:
            found = config.load(self._paths)
        except ConfigInvalid as error:
            self.invalid = error
            good = self._good()
            if good is None:
                self.in_force = "no earlier settings are known, so the defaults are in force"
            return Config(good or Settings(), (), {})
        self._take(found)
        return found

    def _good(self) -> Settings | None:
        """The last good settings; a disk that does not give them back must not keep the daemon from its start."""
        asked = self._thread.submit(config.load_good, self._paths)
        wait([asked], DEADLINE)
        return asked.result() if asked.done() else None

    def _take(self, found: Config) -> None:
        self.config = found
        self.invalid = None
        self._since = time.monotonic()
        # In a thread, for fsync may take as long as it likes. A full disk must not refuse valid settings.
        self._keeping = self._thread.submit(
            write_changed, self._paths.last_good_settings, config.dump_good(found)
        )
