"""The settings in force: taken over only when valid, kept on disk as the last good ones."""

from tarsd import config
from tarsd.config import Config
from tarsd.errors import ConfigInvalid
from tarsd.host.files import write_atomic
from tarsd.paths import Paths
from tarsd.settings import Settings


class Configured:
    """`invalid` says why the files on disk are not what is in force; None when they are."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.invalid: ConfigInvalid | None = None
        self.kept = True
        """Whether the last good settings are on disk."""
        self.config = self._first()

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self.config.settings

    def reload(self) -> None:
        """Take over the files. Raises ConfigInvalid; the old settings then stay in force."""
        self._take(config.load(self._paths))

    def _first(self) -> Config:
        try:
            found = config.load(self._paths)
        except ConfigInvalid as error:
            self.invalid = error
            good = config.load_good(self._paths)
            return Config(good or Settings(), (), {})
        self._take(found)
        return found

    def _take(self, found: Config) -> None:
        self.config = found
        self.invalid = None
        try:
            write_atomic(self._paths.last_good_settings, config.dump_good(found))
            self.kept = True
        except OSError:  # a full disk must not refuse valid settings; status tells of the disk
            self.kept = False
