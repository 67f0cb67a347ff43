"""Where things are on disk: one frozen object, so that a test can move the whole product."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The four roots of the product, what lies under them, and its own program, which jobs run."""

    etc: Path = Path("/etc/tars-home")
    share: Path = Path("/usr/share/tars-home")
    state: Path = Path("/var/lib/tars-home")
    run: Path = Path("/run/tarsd")
    program: Path = Path("/usr/lib/tars-home/tarsd")

    @property
    def settings(self) -> Path:
        return self.etc / "tars-home.toml"

    @property
    def conf_d(self) -> Path:
        return self.etc / "conf.d"

    @property
    def override(self) -> Path:
        return self.etc / "compose.override.yaml"

    @property
    def generations(self) -> Path:
        return self.state / "generations"

    @property
    def secrets(self) -> Path:
        return self.state / "secrets"

    @property
    def channels(self) -> Path:
        """The address of each channel of `[alerts]`, a file each: with them one can speak in the owner's name."""
        return self.secrets / "channels"

    @property
    def receipts(self) -> Path:
        """A file for each message that was taken and of which state.db may not know yet; see docs/alerts.md."""
        return self.state / "receipts"

    @property
    def evidence(self) -> Path:
        """A directory for each incident, of what was seen before an act."""
        return self.state / "evidence"

    @property
    def backups(self) -> Path:
        """What was kept of data before it was put at risk; see docs/backups.md."""
        return self.state / "backups"

    @property
    def bundles(self) -> Path:
        """Finished support bundles, and, while one is made, its private directory."""
        return self.state / "bundles"

    @property
    def keys(self) -> Path:
        """Keys of the product itself; they open nothing of the stack's."""
        return self.state / "keys"

    @property
    def bundle_key(self) -> Path:
        """What bundles are signed with."""
        return self.keys / "bundle.pem"

    @property
    def doctor(self) -> Path:
        """A directory for each run of `tarsctl doctor --fix`, with what stood in the files that it edited."""
        return self.state / "doctor"

    @property
    def lan(self) -> Path:
        """The CA and the certificate of the LAN listener."""
        return self.state / "lan"

    @property
    def documents(self) -> Path:
        return self.state / "nas-documents.json"

    @property
    def last_good_settings(self) -> Path:
        return self.state / "settings.good.json"

    @property
    def database(self) -> Path:
        return self.state / "state.db"

    @property
    def history(self) -> Path:
        """What the status page shows of the past; see tarsd.store.rollups."""
        return self.state / "history.db"

    @property
    def socket(self) -> Path:
        return self.run / "tarsd.sock"

    @property
    def docker_restarted(self) -> Path:
        """When tarsd last restarted Docker; see tarsd.host.docker_unit."""
        return self.run / "docker-restarted"

    @property
    def lock(self) -> Path:
        """Who holds it acts on the stack on its own account; see tarsd.host.sole."""
        return self.run / "lock"

    @property
    def acting(self) -> Path:
        """Who holds it mends: a daemon for as long as it lives, or an offline `tarsctl doctor --fix`.

        In /run, for a disk that is full or read-only must not keep anybody from mending that.
        """
        return self.run / "acting"
