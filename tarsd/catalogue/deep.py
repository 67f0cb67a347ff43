"""Whether the databases do their work: each writes, reads and deletes something, and nothing of it is left."""

from abc import abstractmethod
from typing import ClassVar

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.deep_check import DeepCheck, milliseconds, strained, twice
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ProbeFailed
from tarsd.host.probes.chroma_scratch import DATABASE
from tarsd.host.probes.postgres_scratch import READ_ONLY
from tarsd.host.probes.redis_scratch import PREFIX

REDIS_CLI = (
    "docker exec tars-redis-1 sh -c "
    "'REDISCLI_AUTH=$(cat /run/secrets/redis-password) redis-cli {command}'"
)
"""Without the password in an argument or a history."""

RELOAD = "SELECT pg_reload_conf()"
SETTINGS = "SELECT * FROM pg_db_role_setting"
SESSIONS = "SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2"

PSQL = "docker exec -u postgres tars-postgres-1 psql -U tars -c '{statement}'"


class _Task(DeepCheck):
    """A service's own task, as `World.deep` knows it."""

    done: ClassVar[str]
    """What it has done, in words."""

    async def work(self, world: World, view: ServiceView) -> Finding:
        """See DeepCheck."""
        task = world.deep.task(view.service)
        if task is None:
            return self.unknown(
                "its labels and secrets do not tell how it is reached", subject=view.name
            )
        try:
            took = await twice(task)
        except ProbeFailed as error:
            return self._refused(error, world, view)
        return self.passed(
            f"{self.done} in {milliseconds(took)}",
            subject=view.name,
            evidence=[f"latency: {milliseconds(took)}"],
        )

    def _refused(self, error: ProbeFailed, world: World, view: ServiceView) -> Finding:
        busy = strained(world) if error.why == "silent" else None
        if error.why == "unasked":
            return self.unknown(error.reason, subject=view.name)
        if error.why == "starting" or busy:
            reason = error.reason if busy is None else f"{error.reason}, and {busy}"
            return self.skipped(f"is not ready: {reason}", view.name)
        summary, fix = self.told(error)
        evidence = [f"answer: {error.reason}", f"code: {error.code or error.why}"]
        return self.fail(summary, fix, subject=view.name, evidence=evidence)

    @abstractmethod
    def told(self, error: ProbeFailed) -> tuple[str, str]:
        """What a refusal means, and what helps."""


class RedisDeep(_Task):
    """Redis answers and refuses to store anything: it is full, a replica, or cannot save."""

    id = "redis.deep"
    subject = "redis"
    role = "cache"
    done = "a value was written, read and deleted"
    about = About(
        what="Redis answers, and does not store what it is given",
        seen=f"A key `{PREFIX}...`, which it deletes itself after a minute, is set, read and deleted; it refuses, "
        "gives back something else, or takes longer than 10 s, twice in a row",
        why="Sessions and revoked tokens are kept there: the web UI lets nobody in, or somebody whom it should not, "
        "while everything looks healthy",
        we="Nothing: no restart gives it room, and one that is a replica stays one",
        you="Give it room, or see who has made it a replica: the answer is in the incident",
        commands=(
            REDIS_CLI.format(command="info memory"),
            REDIS_CLI.format(command="info replication"),
            "tarsctl logs redis",
        ),
    )

    def told(self, error: ProbeFailed) -> tuple[str, str]:
        """By Redis's own word."""
        if error.code == "OOM":
            return (
                "refuses every write: it is full to its own limit (maxmemory)",
                f"{REDIS_CLI.format(command='info memory')}; then raise maxmemory where it was set",
            )
        if error.code == "READONLY":
            return (
                "refuses every write: it is a replica of another Redis",
                f"{REDIS_CLI.format(command='info replication')}; if nobody meant it: "
                f"{REDIS_CLI.format(command='replicaof no one')}",
            )
        if error.code == "MISCONF":
            return f"refuses every write: {error.reason}", "df -h; tarsctl logs redis"
        return f"cannot write, read and delete a value: {error.reason}", "tarsctl logs redis"


class PostgresDeep(_Task):
    """PostgreSQL answers and takes no writes: it is read-only, without room, or in recovery."""

    id = "postgres.deep"
    subject = "postgres"
    role = "db"
    done = "a row was written, read and committed"
    about = About(
        what="PostgreSQL answers queries, and takes no writes",
        seen="A transaction makes a temporary table, writes a row, reads it and commits, and the table is gone with it; "
        "it is refused, or takes longer than 10 s, twice in a row. One in recovery (pg_is_in_recovery) counts as "
        "refusing; one that is still starting does not",
        why="Chats and settings of the web UI are kept there: people can read, and what they write is lost",
        we="Nothing: a restart does not change what it was told, and none gives it room",
        you="By what it says: turn read-only off again, give its disk room (never delete anything in pg_wal), or end "
        "the recovery that somebody has asked for",
        commands=(
            PSQL.format(statement="SHOW default_transaction_read_only"),
            PSQL.format(statement="SELECT pg_is_in_recovery()"),
            "df -h",
            "tarsctl logs postgres",
        ),
    )

    def told(self, error: ProbeFailed) -> tuple[str, str]:
        """By its SQLSTATE."""
        if error.code == READ_ONLY and "recovery" in error.reason:
            return f"takes no writes: {error.reason}", "tarsctl logs postgres"
        if error.code == READ_ONLY:
            reset = PSQL.format(statement="ALTER SYSTEM RESET default_transaction_read_only")
            reload, where = (PSQL.format(statement=it) for it in (RELOAD, SETTINGS))
            return (
                "takes no writes: it was told to be read-only (default_transaction_read_only)",
                f"{reset}; {reload}; or where it was set for one database or role: {where}",
            )
        if error.code == "53100":
            return f"takes no writes: its disk is full ({error.reason})", "df -h; docker system df"
        if error.code == "53300":
            return f"lets nobody in any more: {error.reason}", PSQL.format(statement=SESSIONS)
        return f"cannot write a row and read it: {error.reason}", "tarsctl logs postgres"


class ChromaDeep(_Task):
    """Chroma's heartbeat is fine, and its collections cannot be made, filled, searched or deleted."""

    id = "chroma.deep"
    subject = "chromadb"
    role = "vector"
    done = "a collection was made and deleted, documents were put in, found and deleted"
    about = About(
        what="The vector store answers, and does not take documents, find them, or let them go",
        seen=f"In a database of our own, `{DATABASE}`, a collection is made and deleted, and in another one three "
        "documents are put in, the nearest to a vector is asked for and must be the right one, and they are deleted; "
        "one of the steps is refused, or all take longer than 10 s, twice in a row",
        why="Every question to your documents is answered without them: the web UI shows no error",
        we="Nothing: its data is not touched by guesswork. What a look of ours left that was cut off, the next one deletes",
        you="Read its log; most often its disk is full or its volume read-only. A restart helps one that is stuck",
        commands=("tarsctl logs chromadb", "df -h", "sudo tarsctl restart chromadb"),
    )

    def told(self, error: ProbeFailed) -> tuple[str, str]:
        """In its own words."""
        fix = "tarsctl logs chromadb; df -h; sudo tarsctl restart chromadb"
        return f"cannot store and find a document: {error.reason}", fix


CHECKS: tuple[Check, ...] = (RedisDeep(), PostgresDeep(), ChromaDeep())
