"""What systemd tells of docker.service, by a bus that may end at any time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from jeepney import DBusAddress, HeaderFields, new_signal

from tarsd.errors import JobFailed
from tarsd.host.engine_unit import EngineUnit
from tests.unit.fake_bus import PROPERTIES, SERVICE, SOCKET, FakeBus


class Watch:
    """A unit that is followed, and how often it told."""

    def __init__(self) -> None:
        self.unit = EngineUnit()
        self.changes = 0
        self.wakes = 0
        self.reloads = 0
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self.unit.follow(self._changed, self._woke, self._reloaded))

    def _changed(self) -> None:
        self.changes += 1

    def _woke(self) -> None:
        self.wakes += 1

    def _reloaded(self) -> None:
        self.reloads += 1

    async def until(self, so: Callable[[], bool]) -> None:
        for _ in range(1000):
            if so():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.unit.state)


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBus]:
    made = FakeBus(tmp_path / "bus")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.address)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def watch(bus: FakeBus) -> AsyncIterator[Watch]:
    made = Watch()
    yield made
    if made.task is not None:
        made.task.cancel()
        await asyncio.wait([made.task])


async def test_what_it_is_when_it_is_asked_first(watch: Watch) -> None:
    assert (watch.unit.state, watch.unit.leaving, watch.unit.since) == (None, False, None)
    watch.start()
    await watch.until(lambda: watch.unit.since is not None)
    assert watch.unit.state == "active"
    assert watch.unit.since == datetime.fromtimestamp(1_795_000_000, timezone.utc)
    assert not watch.unit.leaving


async def test_signals_are_subscribed_before_anything_is_asked(bus: FakeBus, watch: Watch) -> None:
    watch.start()
    await watch.until(lambda: watch.unit.since is not None)
    members = [member for member, _ in bus.asked]
    assert members == ["Hello", *["AddMatch"] * 4, "Subscribe", *["Get"] * 4]
    rules = [str(body[0]) for member, body in bus.asked if member == "AddMatch"]
    assert all(
        "sender='org.freedesktop." in rule for rule in rules
    )  # anybody may send such a signal


async def test_a_restart_of_docker_service_as_systemd_tells_it(bus: FakeBus, watch: Watch) -> None:
    watch.start()
    await watch.until(lambda: watch.unit.state == "active")
    bus.turns(SERVICE, ActiveState=("s", "deactivating"), SubState=("s", "stop-sigterm"))
    await watch.until(lambda: watch.unit.leaving)
    bus.turns(SERVICE, ActiveState=("s", "inactive"))
    await watch.until(lambda: watch.unit.state == "inactive")
    assert watch.unit.leaving  # docker.socket listens: a call would start it again
    assert watch.unit.since is None
    bus.turns(SERVICE, ExecMainStartTimestamp=("t", 1_795_000_100_000_000))
    bus.turns(SERVICE, ActiveState=("s", "activating"))
    await watch.until(lambda: not watch.unit.leaving)
    before = watch.changes
    bus.turns(SERVICE, ActiveState=("s", "active"))
    bus.turns(SERVICE, ActiveState=("s", "active"), MemoryCurrent=("t", 7))
    await watch.until(lambda: watch.unit.state == "active")
    assert watch.unit.since == datetime.fromtimestamp(1_795_000_100, timezone.utc)
    assert watch.changes == before + 1


async def test_a_stopped_engine_whose_socket_nobody_holds_may_be_asked(
    bus: FakeBus, watch: Watch
) -> None:
    """Nothing could be started by a call; perhaps the owner runs dockerd by hand."""
    bus.values[SERVICE, "ActiveState"] = ("s", "inactive")
    bus.values[SOCKET, "ActiveState"] = ("s", "inactive")
    watch.start()
    await watch.until(lambda: watch.unit.state == "inactive")
    assert not watch.unit.leaving
    bus.turns(SOCKET, ActiveState=("s", "active"))
    await watch.until(lambda: watch.unit.leaving)


@pytest.mark.parametrize("load", ["not-found", "masked"])
async def test_where_there_is_no_docker_service_nobody_can_tell(
    bus: FakeBus, watch: Watch, load: str
) -> None:
    bus.values[SERVICE, "LoadState"] = ("s", load)
    bus.values[SERVICE, "ActiveState"] = ("s", "inactive")
    watch.start()
    await watch.until(lambda: watch.changes >= 4)
    assert (watch.unit.state, watch.unit.leaving) == (None, False)


async def test_waking_up_is_told_and_going_to_sleep_is_not(bus: FakeBus, watch: Watch) -> None:
    watch.start()
    await watch.until(lambda: watch.unit.state == "active")
    bus.sleeps(True)
    bus.sleeps(False)
    await watch.until(lambda: watch.wakes > 0)
    assert watch.wakes == 1


async def test_what_somebody_sends_to_us_alone_is_not_believed(bus: FakeBus, watch: Watch) -> None:
    """Any user of the machine may send a signal to one connection; the rules do not hold it back."""
    watch.start()
    await watch.until(lambda: watch.unit.state == "active")
    values = {"ActiveState": ("s", "deactivating")}
    emitter = DBusAddress(SERVICE, interface=PROPERTIES)
    forged = new_signal(emitter, "PropertiesChanged", "sa{sv}as", ("x", values, []))
    forged.header.fields[HeaderFields.destination] = ":1.7"
    bus.tell(forged)
    bus.sleeps(False)
    await watch.until(lambda: watch.wakes == 1)
    assert watch.unit.state == "active"


async def test_a_bus_that_ends_takes_what_was_known_with_it(bus: FakeBus, watch: Watch) -> None:
    watch.start()
    await watch.until(lambda: watch.unit.state == "active")
    bus.cut()
    assert watch.task is not None
    with pytest.raises(JobFailed, match=r"cannot follow docker\.service over D-Bus") as caught:
        await watch.task
    assert caught.value.fix == "systemctl status dbus"
    assert watch.unit.state is None


async def test_no_bus_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(JobFailed, match="cannot follow"):
        await EngineUnit().follow(lambda: None, lambda: None)


async def test_a_bus_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float]
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            pass
        writer.close()

    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    server = await asyncio.start_unix_server(silent, tmp_path / "bus")
    began = clock()
    with pytest.raises(JobFailed, match="cannot follow"):
        await EngineUnit().follow(lambda: None, lambda: None)
    assert clock() - began == pytest.approx(10, abs=1)
    await asyncio.sleep(0.1)
    server.close()


async def test_a_reload_of_systemd_is_told_once_when_it_is_done(bus: FakeBus, watch: Watch) -> None:
    watch.start()
    await watch.until(lambda: watch.unit.state == "active")
    manager = DBusAddress("/org/freedesktop/systemd1", interface="org.freedesktop.systemd1.Manager")
    bus.tell(new_signal(manager, "Reloading", "b", (True,)))
    bus.tell(new_signal(manager, "Reloading", "b", (False,)))
    await watch.until(lambda: watch.reloads == 1)
    bus.tell(new_signal(manager, "JobRemoved", "b", (False,)))
    forged = new_signal(manager, "Reloading", "b", (False,))
    forged.header.fields[HeaderFields.destination] = ":1.7"  # somebody sends it to us alone
    bus.tell(forged)
    bus.turns(SERVICE, ActiveState=("s", "deactivating"))
    await watch.until(lambda: watch.unit.leaving)
    assert watch.reloads == 1
