"""Databases that end at once since they cannot use their data, told by their own last words."""

import re

from tarsd.catalogue import data_words
from tarsd.catalogue.about import About
from tarsd.catalogue.check import World
from tarsd.catalogue.data_remedies import RepairAof, StartWithRoom, StopAndKeep
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs, warning, works
from tarsd.catalogue.service_remedies import StopLoop
from tarsd.catalogue.views import ServiceView

_MAJORS = re.compile(
    r"was initialized by PostgreSQL version (\d+).*?not compatible with this version (\d+)"
)


class _LastWords(FaultCheck):
    """A fault that a database names before it ends. It goes on until the service has answered again."""

    alone = True
    says: re.Pattern[str]

    def line(self, view: ServiceView) -> str | None:
        """The last of its words that tell of it."""
        if view.answers.passed or works(view):
            return None
        return next((it for it in reversed(view.words) if self.says.search(it)), None)

    @staticmethod
    def told(view: ServiceView, summary: str, fix: str) -> Told:
        """Milder while it runs: somebody has started it anew, and it is not stopped before it could say that all is well."""
        return warning(summary, fix) if runs(view) else failing(summary, fix)


class RedisAofCorrupt(_LastWords):
    """Redis cannot read the file in which it has written down every change."""

    id = "redis.aof-corrupt"
    says = re.compile(r"Bad file format reading the append only file")
    remedies = (StopAndKeep(), RepairAof())
    about = About(
        what="Redis's append-only file is damaged in the middle, and Redis refuses to start",
        seen='Its container has ended, and its last words are "Bad file format reading the append only file"',
        why="It will never start again by itself, and whatever needs a session or the cache fails",
        we="The loop is stopped, and the files are copied to /var/lib/tars-home/backups. Nothing is cut off unattended; "
        "with your yes redis-check-aof cuts off what follows the damage, only where the service's label says that it is "
        "a cache",
        you="For a cache let doctor --fix repair it; sessions of the time after the damage are lost. Else restore a backup, "
        "or repair a copy first",
        commands=("tarsctl logs redis",),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its last words."""
        if self.line(view) is None:
            return None
        cache = view.service.role == "cache"
        fix = "sudo tarsctl doctor --fix --only redis.aof-corrupt" if cache else "restore a backup"
        return self.told(
            view, "ends at start: its append-only file is damaged", f"{fix}; see {data_words.GUIDE}"
        )


class PostgresMajor(_LastWords):
    """PostgreSQL of one major cannot read what another has written."""

    id = data_words.MAJOR
    says = re.compile(r"database files are incompatible with server|" + _MAJORS.pattern)
    remedies = (StopLoop(),)
    about = About(
        what="The image is of another major version of PostgreSQL than the data in the volume",
        seen='Its container has ended, and its last words are "database files are incompatible with server"; before an '
        "install the image's version (PG_MAJOR, or its tag) is held against the file PG_VERSION in the volume",
        why="It cannot start; the data is whole, and only its own version reads it",
        we="The loop is stopped and held; an install or a healer's act that would bring it about is refused before "
        "anything is changed",
        you="Set the image back to the old version. To move on, dump with the old one and restore into the new one: "
        "docs/backups.md has each step",
        commands=("sudo tarsctl install --dry-run", "tarsctl logs postgres"),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its last words, with both versions where they name them."""
        if self.line(view) is None:
            return None
        versions = next((it for it in map(_MAJORS.search, view.words) if it), None)
        words, old = "cannot read its data: another major version has written it", "the one it was"
        if versions is not None:
            words = f"is PostgreSQL {versions[2]}, and its data is of PostgreSQL {versions[1]}"
            old = f"postgres:{versions[1]}"
        fix = f"set its image back to {old} in {data_words.OVERRIDE}, then: sudo tarsctl install --yes"
        return self.told(view, words, fix)


class PostgresLayout(_LastWords):
    """The image of PostgreSQL 18 refuses a volume that is mounted where that of 17 wanted it."""

    id = data_words.LAYOUT
    says = re.compile(r"in 18\+, these Docker images")
    remedies = (StopLoop(),)
    about = About(
        what="The image is of PostgreSQL 18 or newer, and the volume is mounted as for 17",
        seen='Its container has ended, and its last words have "in 18+, these Docker images"',
        why="It cannot start, so that nothing is written beside the old data; the data is whole",
        we="The loop is stopped and held; an install that would bring it about is refused before anything is changed",
        you="Set the image back to 17. To move on, dump with 17, mount a new volume at /var/lib/postgresql and restore: "
        "docs/backups.md has each step",
        commands=("sudo tarsctl install --dry-run", "tarsctl logs postgres"),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its last words."""
        if self.line(view) is None:
            return None
        fix = f"set its image back to the one before in {data_words.OVERRIDE}, then: sudo tarsctl install --yes"
        return self.told(
            view, "is PostgreSQL 18 or newer, and its volume is mounted as for 17", fix
        )


class PostgresDiskFull(_LastWords):
    """PostgreSQL ended since it could not write."""

    id = "postgres.disk-full"
    says = re.compile(r"(?:PANIC|FATAL):.*No space left on device")
    remedies = (StartWithRoom(),)
    about = About(
        what="PostgreSQL has ended because its disk is full",
        seen='Its container has ended, and among its last words is a PANIC or FATAL with "No space left on device"; or '
        "it runs and lets nobody in with the same words",
        why="It cannot even recover without room; what was acknowledged is safe in its write-ahead log",
        we="What can be made again is removed where disk.low allows that; it is started once there is room for that. "
        "Nothing in its volume, least of all pg_wal, is ever touched",
        you="Make room on the disk of Docker's data; never delete anything in pg_wal",
        commands=("df -h /var/lib/docker", "docker system df", "tarsctl start postgres"),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its last words, or its refusal of whoever asks it."""
        refuses = view.answers.failures and self.says.search(f"FATAL: {view.answers.reason}")
        if refuses and runs(view) and view.service.role == "db":
            fix = "df -h /var/lib/docker; docker system df"
            return failing("lets nobody in since its disk is full", fix)
        if self.line(view) is None:
            return None
        fix = f"df -h /var/lib/docker; make room, then: tarsctl start {view.name}"
        return self.told(view, "ended since its disk is full", fix)
