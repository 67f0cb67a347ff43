"""Doors that stand open, and passwords where everybody can read them. None is ever told."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.security import (
    GUESSES,
    PostgresOpen,
    RedisOpen,
    SecretsLogged,
    SecretsShown,
)
from tarsd.host.containers import Container
from tarsd.host.conversation import Address
from tarsd.host.docker_api import DockerApi
from tarsd.host.leaks import Leak, Leaks
from tarsd.host.probes.postgres_scratch import PostgresScratch
from tarsd.host.probes.probe import Probe
from tarsd.host.probes.redis_scratch import RedisScratch
from tarsd.host.secret_files import SecretFiles
from tests.unit.fake_postgres import FakePostgres
from tests.unit.host.probes.server import Server, Talk, hang
from tests.unit.host.probes.test_redis import redis
from tests.unit.service_views import NOWHERE, view, world
from tests.unit.worlds import deep, found, the_one

NOAUTH = b"-NOAUTH Authentication required."
WRONG = b"-WRONGPASS invalid username-password pair or user is disabled."


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


class Found(Leaks):
    """What a test says is found, by service."""

    def __init__(self, **leaks: Sequence[Leak]) -> None:
        super().__init__(DockerApi("/nowhere"), "tars", SecretFiles(NOWHERE))
        self._leaks = leaks

    async def shown(self, container: Container) -> Sequence[Leak]:
        return self._leaks.get(container.service, ())

    async def logged(self, container: Container) -> Sequence[Leak]:
        return self._leaks.get(container.service, ())


def seen(task: Probe | None = None, leaks: Leaks | None = None) -> World:
    made = world(view("redis"), view("postgres", service_role="db"))
    return replace(made, deep=deep(made.docker, task, leaks=leaks))


async def ask_redis(server: Server, talk: Talk) -> Finding:
    server.talk = talk
    return await the_one(RedisOpen(), seen(RedisScratch(server.address, None)))


def closed(auth: bytes = WRONG, ping: bytes = NOAUTH) -> Talk:
    return redis(auth + b"\r\n", ping + b"\r\n")


async def test_a_redis_that_keeps_strangers_out(server: Server) -> None:
    finding = await ask_redis(server, closed())
    assert finding.status is Status.PASS
    assert server.connections == len(GUESSES)


async def test_a_redis_without_a_password(server: Server) -> None:
    finding = await ask_redis(server, closed(ping=b"+PONG"))
    assert (finding.status, finding.summary) == (
        Status.FAIL,
        "lets in whoever comes without a password",
    )


async def test_a_redis_with_a_common_one(server: Server) -> None:
    finding = await ask_redis(server, redis())
    assert finding.status is Status.FAIL
    assert not any(it in finding.summary for it in GUESSES[2:])


async def test_a_redis_that_says_nothing_is_not_called_safe(server: Server) -> None:
    assert (await ask_redis(server, hang)).status is Status.UNKNOWN
    assert (await the_one(RedisOpen(), seen())).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (FakePostgres(), Status.PASS),
        (FakePostgres(method="trust"), Status.FAIL),
        (FakePostgres(password="changeme"), Status.FAIL),
        (FakePostgres(password="postgres", method="md5"), Status.FAIL),
        (FakePostgres(state="57P03"), Status.UNKNOWN),
    ],
    ids=["strong", "trusts all", "common", "common, md5", "starting"],
)
async def test_postgres(server: FakePostgres, status: Status) -> None:
    await server.start()
    address = Address("127.0.0.1", server.port)
    finding = await the_one(PostgresOpen(), seen(PostgresScratch(address, "tars", "tars", None)))
    await server.stop()
    assert finding.status is status, finding


@pytest.mark.parametrize("check", [SecretsShown(), SecretsLogged()], ids=lambda it: it.id)
async def test_where_no_secret_leaks(check: SecretsShown | SecretsLogged) -> None:
    finding = await the_one(check, seen(leaks=Found()))
    assert (finding.status, finding.subject) == (Status.PASS, "secrets")


async def test_a_secret_that_the_engine_shows_is_told_by_name_and_place() -> None:
    leaks = Found(redis=[Leak("redis-password", "its command"), Leak("jwt-root", "its labels")])
    finding = await the_one(SecretsShown(), seen(leaks=leaks))
    assert (finding.status, finding.subject) == (Status.WARN, "redis")
    assert finding.summary == "shows jwt-root in its labels and 1 more"
    assert finding.evidence == ("jwt-root in its labels", "redis-password in its command")


async def test_a_secret_in_a_log_is_to_be_replaced_unless_it_was() -> None:
    leaks = Found(
        redis=[Leak("redis-password", "its log")],
        postgres=[Leak("previous/postgres-password.2026", "its log")],
    )
    now, before = await found(SecretsLogged(), seen(leaks=leaks))
    assert (now.status, now.fix) == (Status.WARN, "sudo tarsctl secrets rotate redis-password")
    assert before.status is Status.PASS
