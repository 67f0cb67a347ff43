"""Whether the stack keeps strangers out: databases without their password, and passwords where everybody can read them."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.deep_check import DeepCheck
from tarsd.catalogue.service_check import runs
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ProbeFailed
from tarsd.host.leaks import Leak
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.host.probes.postgres_scratch import PostgresScratch
from tarsd.host.probes.probe import Probe
from tarsd.host.probes.redis import RedisProbe
from tarsd.host.probes.redis_scratch import RedisScratch

GUESSES = ("", "password", "changeme", "admin", "redis", "postgres", "tars", "foobared")
"""What programs come with, and what people write first."""


def _always(value: str) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        return value

    return read


class _Guessable(DeepCheck):
    """Comes in without the password, and with those that everybody tries. A guess that is right is never told."""

    every = None
    own_words = True

    @abstractmethod
    def doors(self, task: Probe) -> Sequence[tuple[str, Probe]]:
        """Each way in that must be closed, in words, with the probe that tries it."""

    async def work(self, world: World, view: ServiceView) -> Finding:
        """Try each; the first that lets us in ends it."""
        task = world.deep.task(view.service)
        doors = () if task is None else self.doors(task)
        if not doors:
            return self.unknown(
                "its labels and secrets do not tell how it is reached", subject=view.name
            )
        for words, probe in doors:
            try:
                await probe.ask()
            except ProbeFailed as error:
                if error.why != "denied":
                    return self.unknown(f"cannot be asked: {error.reason}", subject=view.name)
            else:
                return self.fail(
                    f"lets in whoever comes {words}", self.fix(view), subject=view.name
                )
        return self.passed(
            f"refuses whoever comes without its password; {len(doors)} ways were tried",
            subject=view.name,
        )

    def fix(self, view: ServiceView) -> str:
        """What closes it."""
        return f"sudo tarsctl secrets rotate {view.name}-password; sudo tarsctl install --yes"


class RedisOpen(_Guessable):
    """Redis lets in whoever can reach it: the sessions of everybody are in it."""

    id = "security.redis-password"
    subject = "redis"
    role = "cache"
    about = About(
        what="Redis lets people in without its password, or with one that everybody knows",
        seen="A PING without a password, and with each of eight common ones, is answered as if it were right",
        why="Whoever reaches its port, any program of this machine first, reads and forges sessions of the web UI",
        we="Nothing unattended: a new password restarts what uses it",
        you="Give it a new one; an override that starts it without its configuration is to be put right first",
        commands=("sudo tarsctl secrets rotate redis-password", "sudo tarsctl install --yes"),
    )

    def doors(self, task: Probe) -> Sequence[tuple[str, Probe]]:
        """See _Guessable."""
        if not isinstance(task, RedisScratch):
            return ()
        guessed = [
            ("with a password that everybody knows", RedisProbe(task.address, _always(it)))
            for it in GUESSES[1:]
        ]
        return [("without a password", RedisProbe(task.address, None)), *guessed]


class PostgresOpen(_Guessable):
    """PostgreSQL lets in whoever can reach it."""

    id = "security.postgres-password"
    subject = "postgres"
    role = "db"
    about = About(
        what="PostgreSQL lets people in without its password, or with one that everybody knows",
        seen="Signing in over TCP as the stack's role and as `postgres`, without a password and with each of seven "
        "common ones, is answered as if it were right",
        why="Whoever reaches its port, any program of this machine first, reads every chat and every account",
        we="Nothing unattended: a new password restarts what uses it",
        you="Give it a new one; a `pg_hba.conf` that trusts everybody, or POSTGRES_HOST_AUTH_METHOD, is to be put "
        "right first",
        commands=(
            "sudo tarsctl secrets rotate postgres-password",
            "docker exec -u postgres tars-postgres-1 psql -U tars -c 'TABLE pg_hba_file_rules'",
        ),
    )

    def doors(self, task: Probe) -> Sequence[tuple[str, Probe]]:
        """See _Guessable."""
        if not isinstance(task, PostgresScratch):
            return ()
        return [
            (
                f"as {user} {'with a password that everybody knows' if it else 'without a password'}",
                PostgresProbe(task.address, user, task.database, _always(it)),
            )
            for user in dict.fromkeys((task.user, "postgres"))
            for it in GUESSES
        ]


class _Leaking(Check):
    """A secret where it must not stand. Its value is never told."""

    deep = True
    own_words = True
    after = ("docker.down", "docker.hung")
    deadline = 20.0
    severity = Status.WARN
    subject = "secrets"
    where: ClassVar[str]

    def applies(self, world: World) -> bool:
        """Where something runs."""
        return any(runs(view) for view in world.services)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each service that leaks, one for all where none does."""
        views = [it for it in world.services if it.container is not None]
        leaks = await asyncio.gather(*(self.look(it, world) for it in views))
        told = [self._told(view, found) for view, found in zip(views, leaks, strict=True) if found]
        return told or [self.passed(f"no secret stands in {self.where} of {len(views)} services")]

    @abstractmethod
    async def look(self, view: ServiceView, world: World) -> Sequence[Leak]:
        """Those of one service."""

    @abstractmethod
    def _told(self, view: ServiceView, leaks: Sequence[Leak]) -> Finding:
        """What is said of one that leaks."""


class SecretsShown(_Leaking):
    """A password stands in a container's command, labels or environment, where `docker inspect` and `ps` show it."""

    id = "security.secrets-shown"
    where = "commands, labels or environments"
    about = About(
        what="A password of the stack stands in a command, a label or a variable, where others can read it",
        seen="What the Engine shows of each container is searched for every secret, also as part of a URL. The lines that "
        "tarsd itself gives to the web UI and the backend, which take them in no other way, do not count",
        why="`ps` shows a command to every user of this machine, and who shares the output of `docker inspect` to ask "
        "for help shares the password",
        we="Nothing: it was written there by somebody",
        you="Take it out of your override (a file under `secrets:` does the same), install again, and replace it",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
            "sudo tarsctl secrets rotate NAME",
        ),
    )

    async def look(self, view: ServiceView, world: World) -> Sequence[Leak]:
        """See _Leaking."""
        assert view.container is not None
        return await world.deep.leaks.shown(view.container)

    def _told(self, view: ServiceView, leaks: Sequence[Leak]) -> Finding:
        places = sorted({f"{it.secret} in {it.place}" for it in leaks})
        return self.warn(
            f"shows {places[0]}" + (f" and {len(places) - 1} more" if len(places) > 1 else ""),
            "take it out of /etc/tars-home/compose.override.yaml; sudo tarsctl install --yes",
            subject=view.name,
            evidence=places,
        )


class SecretsLogged(_Leaking):
    """A password stands in a container's log."""

    id = "security.secrets-logged"
    where = "the logs"
    about = About(
        what="A password of the stack stands in the log of a service",
        seen="The newest 500 lines of each container's log are searched for every secret, whole, in part, or within a URL",
        why="Logs are what people share when they ask for help, and they are kept for long. What `tarsctl` shows and "
        "what a bundle holds has the secrets taken out; what `docker logs` shows has not",
        we="Nothing: what is written is written",
        you="Replace the secret, and see why the service writes it: most often it was told to log everything",
        commands=("sudo tarsctl secrets rotate NAME", "tarsctl logs SERVICE"),
    )

    async def look(self, view: ServiceView, world: World) -> Sequence[Leak]:
        """See _Leaking."""
        assert view.container is not None
        return await world.deep.leaks.logged(view.container)

    def _told(self, view: ServiceView, leaks: Sequence[Leak]) -> Finding:
        names = sorted({it.secret for it in leaks})
        now = [it for it in names if "/" not in it]
        if not now:
            return self.passed(
                "only secrets that were replaced since stand in its log", subject=view.name
            )
        return self.warn(
            f"has written {', '.join(now)} into its log",
            "; ".join(f"sudo tarsctl secrets rotate {it}" for it in now),
            subject=view.name,
        )


CHECKS: tuple[Check, ...] = (RedisOpen(), PostgresOpen(), SecretsShown(), SecretsLogged())
