"""The settings in force: taken over only when valid, kept on disk as the last good ones."""

from tarsd import config
from tarsd.config import Config
from tarsd.errors import ConfigInvalid
from tarsd.host.files import write_changed
from tarsd.paths import Paths
from tarsd.settings import Settings


class Configured:
    """`invalid` says why the files on disk are not what is in force; None when they are."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.invalid: ConfigInvalid | None = None
        self.in_force = "the last good settings are in force"
        self.unkept: OSError | None = None
        """Why the settings in force could not be written down as the last good ones."""
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
            if good is None:
                self.in_force = "no earlier settings are known, so the defaults are in force"
            return Config(good or Settings(), (), {})
        self._take(found)
        return found

    def _take(self, found: Config) -> None:
        self.config = found
        self.invalid = None
        try:
            write_changed(self._paths.last_good_settings, config.dump_good(found))
            self.unkept = None
        except OSError as error:  # a full disk must not refuse valid settings
            self.unkept = error
