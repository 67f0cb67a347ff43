"""What the catalogue says of the machine, its disks, its clock, its ports: seen, mended or only told, over once repaired.

Small disks of a machine's own take minutes: --every-fault.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import ASIDE, REDIS
from tests.machine.faults.story import Incident, Incidents, Story
from tests.machine.faults.trial import hours_pass
from tests.machine.home import STATE, Home, MakeHome
from tests.machine.machine import MachineError
from tests.machine.small_disks import DOCKER, SmallDisks
from tests.machine.supply import Supply

DOUBLE = Path(__file__).with_name("doubles") / "timedated.py"
ASK_NOW = "tarsctl config reload >/dev/null"
SEEN = 90.0
"""Seconds: a cadence and some more."""


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    """The table of this run: dist/catalogue-host.md."""
    rows: list[Variant] = []
    yield rows
    catalogue.write("host", rows)


class Watch:
    """Of what one fault does to the ledger of a machine."""

    def __init__(self, home: Home, rows: list[Variant]) -> None:
        self.home = home
        self._rows = rows
        self._since = time.monotonic()
        self._old = {it.id for it in self._all()}

    def begin(self) -> None:
        """Now it is done to the machine."""
        self._old = {it.id for it in self._all()}
        self._since = time.monotonic()

    def restart_clock(self) -> None:
        """The same goes on, by one more step."""
        self._since = time.monotonic()

    def new(self) -> list[Incident]:
        """Incidents since; none while tarsd does not answer."""
        try:
            return [it for it in self._all() if it.id not in self._old]
        except (AssertionError, ValueError):
            return []

    def open(self) -> set[tuple[str, str, str]]:
        """What is unresolved: fault, subject, severity."""
        return {(it.fault, it.subject, it.severity) for it in self.new() if it.status != "resolved"}

    def sees(self, fault: str, subject: str, severity: str, done: str, outcome: str) -> Story:
        """Wait for it, and put it into the table; its story."""
        self.tells(fault, subject, severity, done, outcome)
        return self.story(fault)

    def tells(self, fault: str, subject: str, severity: str, done: str, outcome: str) -> None:
        """The same, of one that may have no number: the disk has not taken it."""

        def there() -> bool:
            return (fault, subject, severity) in self.open()

        self._wait(f"{fault} of {subject} ({severity})", there, SEEN)
        self.note(fault, done, outcome)

    def note(self, fault: str, done: str, outcome: str) -> None:
        """Put it into the table: it is seen now."""
        self._rows.append(Variant(fault, done, time.monotonic() - self._since, outcome))

    def resolved(self, fault: str, within: float = SEEN) -> Story:
        """Wait until it is over."""

        def over() -> bool:
            found = [it for it in self.new() if it.fault == fault]
            return bool(found) and all(it.status == "resolved" for it in found)

        self._wait(f"{fault} to be resolved", over, within)
        return self.story(fault)

    def story(self, fault: str) -> Story:
        """The newest of that fault."""
        (id_, *_) = [it.id for it in self.new() if it.fault == fault]
        return self.home.ask(Story, "incidents", "show", str(id_))

    def _all(self) -> list[Incident]:
        return self.home.ask(Incidents, "incidents").incidents

    def _wait(self, what: str, probe: Callable[[], bool], within: float) -> None:
        try:
            self.home.machine.wait(what, probe, within)
        except MachineError as error:
            told = "\n".join(it.model_dump_json() for it in self.new())
            raise MachineError(f"{error}\n{told}") from error


@pytest.fixture
def watch(home: Home, rows: list[Variant]) -> Watch:
    hours_pass(home)
    home.wait_for("healthy")
    return Watch(home, rows)


def test_a_healthy_machine_has_nothing_to_tell(watch: Watch) -> None:
    """After all checks have been asked once."""
    watch.home.machine.sh(ASK_NOW)
    time.sleep(20)
    assert watch.open() == set()


def test_reboot_required(watch: Watch, rows: list[Variant]) -> None:
    watch.home.machine.sh(
        "touch /run/reboot-required; echo linux-image-6.12 > /run/reboot-required.pkgs"
    )
    try:
        watch.home.machine.sh(ASK_NOW)
        story = watch.sees(
            "host.reboot-required",
            "machine",
            "warn",
            "`/run/reboot-required` appears",
            "told; over after the reboot",
        )
    finally:
        watch.home.machine.sh("rm /run/reboot-required*")
    assert story.summary == "a reboot is due for linux-image-6.12"
    assert story.acts == []
    watch.home.machine.sh(ASK_NOW)
    watch.resolved("host.reboot-required")


def test_clock_unsynced(watch: Watch, rows: list[Variant]) -> None:
    """By a double of timedated, on a machine that does not know that it is a container."""
    machine = watch.home.machine
    machine.put(DOUBLE, "/srv/timedated.py")
    run = "systemd-run --quiet --collect --unit=clock -E PYTHONPATH=/usr/lib/tars-home/vendor python3 /srv/timedated.py"
    machine.sh(
        "systemctl mask --runtime --now systemd-timedated; mv /run/systemd/container /run/container.aside"
    )
    try:
        machine.sh(f"{run} no; sleep 1; {ASK_NOW}")
        watch.sees(
            "clock.unsynced",
            "machine",
            "warn",
            "nothing keeps the clock right",
            "told; over once it is",
        )
        machine.sh(f"systemctl stop clock; {run} yes; sleep 1; {ASK_NOW}")
        watch.resolved("clock.unsynced")
    finally:
        machine.sh("systemctl stop clock; mv /run/container.aside /run/systemd/container")
        machine.sh("systemctl unmask --runtime systemd-timedated")


def test_port_taken(watch: Watch, rows: list[Variant]) -> None:
    """By a program that was faster than Docker: it is named, nothing is tried meanwhile, and the service comes back."""
    machine = watch.home.machine
    serve = "python3 -m http.server 6379 --bind 127.0.0.1"
    machine.sh(
        f"{ASIDE} STOP tarsd; docker kill {REDIS}; systemd-run --quiet --collect --unit=squatter {serve};"
        f"for _ in $(seq 50); do ss -ltn | grep -q 127.0.0.1:6379 && break; sleep 0.1; done; {ASIDE} CONT tarsd"
    )
    try:
        story = watch.sees(
            "port.taken",
            "port 6379",
            "fail",
            "a program listens on the port of a service that has ended",
            "named; the service is started once it is free",
        )
        pid = machine.sh("systemctl show --value --property MainPID squatter").out.strip()
        assert story.summary == f"held by python3 (pid {pid}, squatter.service); redis cannot start"
        assert str(story.fix).startswith("sudo systemctl stop squatter.service, or ")
    finally:
        machine.sh("systemctl stop squatter")
    machine.sh(ASK_NOW)
    watch.resolved("port.taken")
    watch.home.wait_for("healthy", within=120)


@pytest.fixture(scope="module")
def small(
    make_home: MakeHome, supply: Supply, tmp_path_factory: pytest.TempPathFactory
) -> SmallDisks:
    return SmallDisks.make(make_home(), supply, tmp_path_factory.mktemp("disks"))


@pytest.fixture
def disks(every_fault: None, small: SmallDisks) -> SmallDisks:
    for at in (DOCKER, STATE):
        small.free(at)
    small.home.wait_for("healthy", within=120)
    return small


@pytest.fixture
def on(disks: SmallDisks, rows: list[Variant]) -> Watch:
    hours_pass(disks.home)
    disks.home.wait_for("healthy")
    return Watch(disks.home, rows)


def test_disk_low(disks: SmallDisks, on: Watch) -> None:
    """Told below 10 %, on its own cadence; over once there is room again."""
    disks.leave(DOCKER, 8)
    on.begin()
    story = on.sees(
        "disk.low",
        DOCKER,
        "warn",
        "Docker's disk filled to 8 % free",
        "told; over once there is room",
    )
    disks.free(DOCKER)
    on.home.machine.sh(ASK_NOW)
    assert on.resolved("disk.low").acts == []
    assert "(8 %)" in story.summary


def test_room_is_made_and_nothing_is_lost(disks: SmallDisks, on: Watch) -> None:
    """Below 3 % a nameless image goes; what has a name, a volume, and the data of the services stay."""
    keepsake = Keepsake.leave(disks.home)
    sh = disks.home.machine.sh
    before = disks.images()
    gone = disks.nameless_image(150)
    sh("docker volume create keep; echo kept > /var/lib/docker/volumes/keep/_data/file")
    sh("docker tag redis:8.10.1 mine:1")
    disks.leave(DOCKER, 2.5)
    on.begin()
    on.home.machine.wait(
        "it to be mended", lambda: any(it.fault == "disk.low" for it in on.new()), SEEN
    )
    on.note("disk.low", "the same to 2.5 %, with a nameless image", "resolved: image removed")
    story = on.resolved("disk.low")
    assert story.remedies == ["disk.prune"]
    assert story.acts[0].text.startswith(
        "remove nameless images and old build cache: 1 image removed"
    )
    assert disks.images() == before
    assert gone not in before
    assert sh("cat /var/lib/docker/volumes/keep/_data/file").out == "kept\n"
    disks.free(DOCKER)
    sh("docker volume rm keep; docker rmi mine:1")
    keepsake.check(disks.home)


def test_a_full_disk_is_one_incident(disks: SmallDisks, on: Watch) -> None:
    """A service that ends meanwhile is not started on it, and is once there is room."""
    disks.leave(DOCKER, 0)
    on.begin()
    on.home.machine.sh(f"kill -9 $(docker inspect -f '{{{{.State.Pid}}}}' {REDIS})")
    story = on.sees(
        "disk.full",
        DOCKER,
        "fail",
        "not one block free, and Redis killed",
        "one incident; the service is back once there is room",
    )
    time.sleep(20)
    assert {it[0] for it in on.open()} == {"disk.full"}, on.new()
    assert {it.fault for it in on.new()} <= {"disk.full", "disk.low"}
    assert story.summary == "full: 0 MB free; nothing that writes can work"
    disks.free(DOCKER)
    on.home.machine.sh(ASK_NOW)
    on.resolved("disk.full")
    on.home.wait_for("healthy", within=120)


def test_inodes(disks: SmallDisks, on: Watch) -> None:
    """Few, fewer, none."""
    for count, fault, severity in (
        (2_000, "disk.inodes", "warn"),
        (500, "disk.inodes", "fail"),
        (0, "disk.full", "fail"),
    ):
        disks.leave_inodes(DOCKER, count)
        on.restart_clock()
        on.home.machine.sh(ASK_NOW)
        on.sees(
            fault,
            DOCKER,
            severity,
            f"{count} inodes left on Docker's disk",
            "told; over once there are more",
        )
    disks.free(DOCKER)
    on.home.machine.sh(ASK_NOW)
    on.resolved("disk.full")


def test_the_disk_of_the_state(disks: SmallDisks, on: Watch) -> None:
    """Nothing is removed from Docker for it, and services are healed on."""
    disks.leave(STATE, 2)
    on.begin()
    on.home.machine.sh(ASK_NOW)
    story = on.sees(
        "disk.low",
        STATE,
        "fail",
        "the disk of tarsd's state filled to 2 % free",
        "told; nothing of Docker's is removed",
    )
    assert story.tells("decided", "nothing can be done unattended")
    on.home.machine.sh(f"docker kill {REDIS}")
    on.resolved("service.exited")
    disks.free(STATE)
    on.home.machine.sh(ASK_NOW)
    on.resolved("disk.low")


def test_the_state_turns_read_only(disks: SmallDisks, on: Watch) -> None:
    """Nothing can be recorded, and it is told all the same."""
    pid = on.home.unit("MainPID")
    on.begin()
    disks.break_down(STATE)
    on.tells(
        "fs.read-only",
        STATE,
        "fail",
        "the disk of tarsd's state turned read-only (ext4 abort)",
        "told from memory; over after the repair",
    )
    for words in (("incidents",), ("incidents", "--open"), ("status",)):
        assert "read-only" in on.home.tarsctl(*words).out
    assert on.home.unit("MainPID") == pid, "and tarsd lives on"
    on.home.machine.sh("systemctl stop tarsd")
    disks.mend(STATE)
    on.home.machine.sh("systemctl start tarsd")
    on.home.wait_for("healthy")
    assert on.open() == set()


def test_dockers_disk_turns_read_only(disks: SmallDisks, on: Watch) -> None:
    """What ends on it is not started, and is after the repair. The last test: it restarts Docker."""
    on.begin()
    disks.break_down(DOCKER)
    on.home.machine.sh(f"kill -9 $(docker inspect -f '{{{{.State.Pid}}}}' {REDIS})")
    on.sees(
        "fs.read-only",
        DOCKER,
        "fail",
        "Docker's disk turned read-only (ext4 abort), and Redis killed",
        "one incident, no act; all is back after the repair",
    )
    time.sleep(30)
    assert {it[0] for it in on.open()} == {"fs.read-only"}, on.new()
    assert all(on.home.ask(Story, "incidents", "show", str(it.id)).acts == [] for it in on.new())
    on.home.machine.sh(
        "systemctl stop docker docker.socket",
        within=120,
        check=False,
    )
    disks.mend(DOCKER)
    on.home.machine.sh("systemctl start docker", within=120)
    on.resolved("fs.read-only")
    on.home.wait_for("healthy", within=180)
