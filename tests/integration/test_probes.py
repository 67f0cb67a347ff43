"""Our probes against the real Redis, PostgreSQL and Chroma, and the doubles of Ollama and Open WebUI."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from tarsd.host.conversation import Address
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.images import Images
from tarsd.host.probes.expect import CHROMA_HEARTBEAT, OLLAMA_VERSION, WEBUI_READY
from tarsd.host.probes.http import HttpProbe
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.host.probes.probe import DEADLINE, Probe, ReadSecret
from tarsd.host.probes.redis import RedisProbe
from tests.integration.archive import Archive
from tests.integration.probes import Running, failure, until_it_passes

PASSWORD = "5ecre7" * 8
NOT_YET = {"refused", "closed", "silent", "starting"}
SERVICES = ("redis", "postgres", "chromadb", "ollama", "webui")

MakeProbe = Callable[[Address], Probe]


def reads(value: str) -> ReadSecret:
    async def read() -> str:
        return value

    return read


@pytest.fixture(scope="module")
def images(engine_socket: str, archive: Archive) -> Mapping[str, str]:
    """Image by the last part of its name."""

    async def load() -> None:
        docker = DockerApi(engine_socket)
        await Images(docker).load(archive.stream())
        await docker.close()

    asyncio.run(load())
    return {name.rpartition("/")[2].partition(":")[0]: name for name in archive.names}


@pytest.fixture(scope="module")
def stack(images: Mapping[str, str]) -> Iterator[Mapping[str, Running]]:
    """One container of each, all just started."""
    # A directory that can be taken away from under it; the real one is a volume.
    redis = "mkdir -p /tmp/rdb && exec redis-server --requirepass $PASSWORD --dir /tmp/rdb"
    made: dict[str, Running] = {}
    try:
        made["redis"] = Running.run(
            images["redis"], 6379, ["sh", "-c", redis], {"PASSWORD": PASSWORD}
        )
        made["postgres"] = Running.run(
            images["postgres"], 5432, (), {"POSTGRES_PASSWORD": PASSWORD, "POSTGRES_USER": "tars"}
        )
        made["chromadb"] = Running.run(images["chroma"], 8000)
        made["ollama"] = Running.run(images["ollama"], 11434)
        made["webui"] = Running.run(images["open-webui"], 8080, (), {"CHROMA_HTTP_HOST": ""})
        yield made
    finally:
        for container in made.values():
            container.remove()


@pytest.fixture
async def http() -> AsyncIterator[HttpSession]:
    made = HttpSession()
    yield made
    await made.close()


@pytest.fixture
def probes(http: HttpSession) -> Mapping[str, MakeProbe]:
    """By service, as its labels would have it."""
    password = reads(PASSWORD)
    return {
        "redis": lambda at: RedisProbe(at, password),
        "postgres": lambda at: PostgresProbe(at, "tars", "tars", password),
        "chromadb": lambda at: HttpProbe(http, at, "/api/v2/heartbeat", CHROMA_HEARTBEAT),
        "ollama": lambda at: HttpProbe(http, at, "/api/version", OLLAMA_VERSION),
        "webui": lambda at: HttpProbe(http, at, "/ready", WEBUI_READY),
    }


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, stack: Mapping[str, Running]) -> str:
    return str(request.param)


async def test_one_that_has_just_been_made_is_not_ready_and_then_passes(
    service: str, stack: Mapping[str, Running], probes: Mapping[str, MakeProbe]
) -> None:
    """PostgreSQL makes its database first, and must not look ready meanwhile."""
    assert await until_it_passes(probes[service](stack[service].address)) <= NOT_YET
    assert await probes[service](stack[service].address).ask() < DEADLINE


async def test_one_that_starts_again(
    service: str, stack: Mapping[str, Running], probes: Mapping[str, MakeProbe]
) -> None:
    container = stack[service]
    container.signal("KILL")
    container.start()
    assert await until_it_passes(probes[service](container.address)) <= NOT_YET


async def test_one_that_was_stopped(
    service: str, stack: Mapping[str, Running], probes: Mapping[str, MakeProbe]
) -> None:
    container = stack[service]
    probe = probes[service](container.address)
    container.stop()
    error, took = await failure(probe)
    assert (error.why, took < 1) == ("refused", True)
    container.start()
    await until_it_passes(probes[service](container.address))


async def test_one_that_hangs(
    service: str, stack: Mapping[str, Running], probes: Mapping[str, MakeProbe]
) -> None:
    """Its connections are still taken: by the kernel, and by Docker's proxy."""
    container = stack[service]
    probe = probes[service](container.address)
    await until_it_passes(probe)
    container.signal("STOP")
    try:
        error, took = await failure(probe)
    finally:
        container.signal("CONT")
    assert error.why == "silent"
    assert took == pytest.approx(DEADLINE, abs=0.5)
    await until_it_passes(probe)


async def test_a_wrong_password_is_told_by_each_database(stack: Mapping[str, Running]) -> None:
    redis, postgres = stack["redis"].address, stack["postgres"].address
    await until_it_passes(RedisProbe(redis, reads(PASSWORD)))
    await until_it_passes(PostgresProbe(postgres, "tars", "tars", reads(PASSWORD)))
    wrong = reads("wrong")
    error, _ = await failure(RedisProbe(redis, wrong))
    assert error.why == "denied"
    assert error.reason.startswith("WRONGPASS ")
    error, _ = await failure(RedisProbe(redis, None))
    assert error.reason.startswith("NOAUTH ")
    error, _ = await failure(PostgresProbe(postgres, "tars", "tars", wrong))
    assert (error.why, error.reason) == (
        "denied",
        'password authentication failed for user "tars"',
    )


async def test_a_database_that_does_not_exist(stack: Mapping[str, Running]) -> None:
    probe = PostgresProbe(stack["postgres"].address, "tars", "tars", reads(PASSWORD))
    await until_it_passes(probe)
    error, _ = await failure(replace(probe, database="none"))
    assert (error.why, error.reason) == ("sick", 'database "none" does not exist')


@pytest.mark.parametrize("method", ["md5", "password", "trust"])
async def test_the_other_ways_to_sign_in(stack: Mapping[str, Running], method: str) -> None:
    container = stack["postgres"]
    probe = PostgresProbe(container.address, "other", "tars", reads(PASSWORD))
    await until_it_passes(replace(probe, user="tars"))
    psql = "psql --username tars --quiet -c"
    rule = f"host tars other all {method}"
    encrypted = "md5" if method == "md5" else "scram-sha-256"
    container.sh(
        f"{psql} \"SET password_encryption = '{encrypted}'; DROP ROLE IF EXISTS other;"
        f" CREATE ROLE other LOGIN PASSWORD '{PASSWORD}'\" &&"
        f' sed -i "1i {rule}" $PGDATA/pg_hba.conf && {psql} "SELECT pg_reload_conf()" >/dev/null &&'
        " sleep 1"
    )
    await probe.ask()
    if method != "trust":
        error, _ = await failure(replace(probe, password=reads("wrong")))
        assert error.why == "denied"


async def test_the_servers_log_has_no_complaint_about_us(stack: Mapping[str, Running]) -> None:
    container = stack["postgres"]
    probe = PostgresProbe(container.address, "tars", "tars", reads(PASSWORD))
    await until_it_passes(probe)
    before = container.log()
    for _ in range(5):
        await probe.ask()
    await asyncio.sleep(0.3)
    assert container.log() == before


async def test_a_redis_that_cannot_save_is_sick(stack: Mapping[str, Running]) -> None:
    container = stack["redis"]
    probe = RedisProbe(container.address, reads(PASSWORD))
    await until_it_passes(probe)
    cli = "REDISCLI_AUTH=$PASSWORD redis-cli"
    container.sh(f"{cli} set a 1; rmdir /tmp/rdb || rm -r /tmp/rdb; {cli} bgsave; sleep 1")
    error, _ = await failure(probe)
    assert error.why == "sick"
    assert error.reason.startswith("MISCONF ")
    container.signal("KILL")
    container.start()
    await until_it_passes(RedisProbe(container.address, reads(PASSWORD)))


async def test_an_ollama_asked_as_a_chroma_is_not_one(
    stack: Mapping[str, Running], http: HttpSession
) -> None:
    at = stack["ollama"].address
    await until_it_passes(HttpProbe(http, at, "/api/version", OLLAMA_VERSION))
    error, _ = await failure(HttpProbe(http, at, "/api/v2/heartbeat", CHROMA_HEARTBEAT))
    assert "HTTP 404" in error.reason


async def test_a_web_page_is_no_answer(stack: Mapping[str, Running], http: HttpSession) -> None:
    at = stack["webui"].address
    await until_it_passes(HttpProbe(http, at, "/ready", WEBUI_READY))
    error, _ = await failure(HttpProbe(http, at, "/no/such/path", WEBUI_READY))
    assert (error.why, error.reason) == ("foreign", "it answers with text/html, not JSON")
