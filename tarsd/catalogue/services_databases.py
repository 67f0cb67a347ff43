"""What Redis and PostgreSQL say of themselves that no restart mends, and that one would only make worse."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import World
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs, warning
from tarsd.catalogue.views import ServiceView


class RedisMisconf(FaultCheck):
    """Redis could not save, and so refuses every write and even a PING. A restart would lose what it could not save."""

    id = "redis.misconf"
    alone = True
    about = About(
        what="Redis could not save its data to disk, and refuses every write until it can",
        seen="It answers a PING with MISCONF, twice in a row",
        why="Sessions and revoked tokens are kept there: the web UI lets nobody in. What it holds is in its memory only",
        we="Nothing; above all no restart, which would lose what it could not save. It goes on by itself once it can save",
        you="Give its disk room, or make its volume writable again; its log says why it could not",
        commands=("df -h", "tarsctl logs redis"),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its own word, as often as any other failure must be there."""
        answers = view.answers
        if not runs(view) or not (answers.reason or "").startswith("MISCONF"):
            return None
        if answers.why != "sick" or answers.failures < world.settings.monitor.probe_failures:
            return None
        return failing(
            f"cannot save, and refuses writes: {answers.reason}", "df -h; tarsctl logs redis"
        )


class RedisLoading(FaultCheck):
    """Redis still reads its data from disk, for longer than it was given to start."""

    id = "redis.loading"
    about = About(
        what="Redis still loads its data from disk, and answers nothing else",
        seen="It answers a PING with LOADING, beyond its label `tars.start.grace`",
        why="It works as soon as it is through. A restart would begin from the first byte",
        we="Nothing but wait, and go on asking",
        you="Wait; its log says how far it is. Gigabytes from a slow disk take minutes",
        commands=("tarsctl logs redis",),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its own word."""
        return _not_yet(view, "cache", "still loads its data")


class PostgresRecovering(FaultCheck):
    """PostgreSQL replays its log after a crash, or is being stopped, for longer than it was given to start."""

    id = "postgres.recovering"
    about = About(
        what="PostgreSQL recovers from a crash, or is still starting, and lets nobody in yet",
        seen="It answers with SQLSTATE 57P03 (cannot_connect_now), beyond its label `tars.start.grace`",
        why="It works as soon as it is through. A restart would begin the recovery from the beginning",
        we="Nothing but wait, and go on asking",
        you="Wait; its log says how far it is. Delete nothing of its files, least of all in pg_wal",
        commands=("tarsctl logs postgres",),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its own word."""
        return _not_yet(view, "db", "still starts or recovers")


def _not_yet(view: ServiceView, role: str, words: str) -> Told | None:
    """Of a database that asks for patience, once that which it was given is used up."""
    answers = view.answers
    if view.service.role != role or not runs(view) or answers.why != "starting" or view.starting:
        return None
    return warning(f"{words}: {answers.reason}", f"tarsctl logs {view.name}")
