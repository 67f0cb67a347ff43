"""What supervision knows is what the status says."""

from tarsd.catalogue.check import Finding
from tarsd.catalogue.check import Status as Found
from tarsd.catalogue.views import Answers
from tarsd.store.boots import BootVerdict
from tests.unit.observe.watched import Machine


async def test_what_a_health_check_says_is_shown_without_secrets(machine: Machine) -> None:
    machine.install("redis")
    sick = machine.engine.containers["redis"]
    sick.ails, sick.says = True, "WRONGPASS hunter2hunter2"
    machine.answers["webui"] = Answers(
        ready=False, failures=2, why="sick", reason="it says hunter2hunter2", passed=True
    )
    machine.hide = lambda text: text.replace("hunter2hunter2", "[secret]")
    found = await machine.status()
    assert "WRONGPASS [secret]" in found.model_dump_json()
    assert "hunter2" not in found.model_dump_json()


async def test_a_service_that_fails_a_check_is_not_called_healthy(machine: Machine) -> None:
    """Docker says that it is."""
    machine.install("redis")
    machine.faults["redis"] = Finding("service.hung", "redis", Found.FAIL, "hangs: no answer")
    found = await machine.status()
    assert found.overall == "unhealthy"
    (redis,) = [row for row in found.services if row.name == "redis"]
    assert (redis.state, redis.health, redis.message) == (
        "running", "unhealthy", "hangs: no answer",
    )  # fmt: skip


async def test_the_boot_is_told(machine: Machine) -> None:
    assert (await machine.status()).boot is None
    machine.boot = BootVerdict("b1", "2026-11-22T03:12:04.100Z", "NO-GO", 41.0, 4, ("redis: x",))
    boot = (await machine.status()).boot
    assert boot is not None
    assert boot.model_dump() == {
        "at": "2026-11-22T03:12:04.100Z", "verdict": "NO-GO", "seconds": 41.0, "services": 4,
        "missing": ["redis: x"],
    }  # fmt: skip


async def test_who_stopped_a_service_is_told(machine: Machine) -> None:
    machine.install("redis")
    machine.engine.containers["redis"].state = "exited"
    await machine.intent.want(["redis"], "stopped", "stop redis")
    found = await machine.status()
    wishes = {row.name: row.wish and (row.wish.by, row.wish.reason) for row in found.services}
    assert wishes == {"redis": ("tarsctl", "stop redis"), "webui": None}
