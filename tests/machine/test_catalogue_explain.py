"""How Docker is set up, what the network can reach, what the kernel killed: each fault done for real, and asked for.

A run writes its table into dist/.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import OVERRIDE, REDIS
from tests.machine.home import Home

DAEMON_JSON = "/etc/docker/daemon.json"
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
EAT_INSIDE = f"docker exec {REDIS} sh -c 'tail /dev/zero'"
"""A process beside the service's own, that wants more than the container may have."""


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    rows: list[Variant] = []
    yield rows
    catalogue.write("explain", rows)


@dataclass(frozen=True)
class Doctor:
    """Asks one check again and again until it says what it should."""

    home: Home
    rows: list[Variant]

    def sees(
        self, check: str, subject: str, status: str, done: str, outcome: str
    ) -> dict[str, Any]:
        """The finding, right after the fault was done."""
        began = time.monotonic()
        finding = self.ask(check)[subject]
        assert finding["status"] == status, finding
        self.rows.append(Variant(check, done, time.monotonic() - began, outcome))
        return finding

    def ask(self, check: str) -> dict[str, dict[str, Any]]:
        """What it says now, by subject."""
        ran = self.home.machine.exec("tarsctl", "doctor", "--json", "--only", check, check=False)
        assert ran.status in (0, 1), ran
        return {it["subject"]: it for it in json.loads(ran.out)["findings"] if it["id"] == check}


@pytest.fixture
def doctor(home: Home, rows: list[Variant]) -> Doctor:
    return Doctor(home, rows)


def apply(home: Home, override: str | None) -> None:
    """Make the stack of this override, or of none."""
    if override is None:
        home.machine.exec("rm", "-f", OVERRIDE)
    else:
        home.machine.write(OVERRIDE, override)
    home.tarsctl("install", "--yes", within=180)


def test_a_healthy_machine_has_none_of_them(doctor: Doctor) -> None:
    for check in (
        "port.exposed",
        "stack.orphan",
        "docker.log-growth",
        "docker.address-pool",
        "service.oom-process",
        "tarsd.slow",
        "tarsd.records",
        "tarsd.jobs",
    ):
        found = doctor.ask(check)
        assert found, check
        assert {it["status"] for it in found.values()} == {"pass"}, found


def test_what_an_override_opens_and_lets_grow(doctor: Doctor) -> None:
    """Both stand in an owner's override; where it is meant, the settings say so."""
    opened = "services:\n  ollama:\n    ports: ['11499:11434']\n  redis:\n    logging: !override {driver: json-file}\n"
    home = doctor.home
    try:
        apply(home, opened)
        exposed = doctor.sees(
            "port.exposed", "ollama", "warn", "`ports: ['11499:11434']` in an override", "told"
        )
        assert "0.0.0.0:11499 -> 11434" in exposed["evidence"]
        doctor.sees(
            "docker.log-growth", "redis", "warn", "`driver: json-file` without max-size", "told"
        )
        with home.settings('[ports]\nexposed = ["ollama"]\n'):
            home.tarsctl("config", "reload")
            assert doctor.ask("port.exposed")["ollama"]["status"] == "pass"
        home.tarsctl("config", "reload")
    finally:
        apply(home, None)


def test_anothers_log_that_has_grown(doctor: Doctor) -> None:
    machine = doctor.home.machine
    machine.sh("docker run -d --name chatty --log-driver json-file redis:8.10.1 sleep 600")
    try:
        assert doctor.ask("docker.log-growth").keys() == {"docker"}
        machine.sh("truncate -s 2G $(docker inspect -f '{{.LogPath}}' chatty)")
        doctor.sees(
            "docker.log-growth", "container chatty", "warn", "a log of 2 GB of another's", "told"
        )
    finally:
        machine.exec("docker", "rm", "-f", "chatty")


def test_a_process_killed_beside_the_service(doctor: Doctor) -> None:
    """The container lives on, and Docker's OOMKilled says nothing of it."""
    doctor.home.machine.sh(EAT_INSIDE, check=False)
    doctor.sees(
        "service.oom-process", "redis", "warn", "a second process of Redis's eats memory", "told"
    )
    doctor.home.tarsctl("restart", "redis", within=120)
    assert doctor.ask("service.oom-process")["redis"]["status"] == "pass"


def test_a_container_of_no_service(doctor: Doctor) -> None:
    machine = doctor.home.machine
    labels = f"--label {PROJECT}=tars --label {SERVICE}=proxy"
    machine.sh(f"docker run -d --name stray {labels} redis:8.10.1 sleep 600")
    try:
        doctor.sees(
            "stack.orphan", "container stray", "warn", "`docker run` with its labels", "told"
        )
    finally:
        machine.exec("docker", "rm", "-f", "stray")


def test_no_subnet_is_left(doctor: Doctor) -> None:
    """The check counts as the Engine does: it passes until the Engine itself refuses."""
    machine = doctor.home.machine
    made = "for n in $(seq 64); do docker network create full$n >/dev/null 2>&1 || break; done"
    try:
        machine.sh(made, within=120)
        doctor.sees(
            "docker.address-pool", "docker", "warn", "networks until Docker refuses one", "told"
        )
        machine.exec("docker", "network", "rm", "full1")
        assert doctor.ask("docker.address-pool")["docker"]["status"] == "pass"
    finally:
        machine.sh("docker network ls -q --filter name=full | xargs -r docker network rm")


def test_docker_has_died(doctor: Doctor) -> None:
    """Off is no warning until it has cost something; then the doctor offers to set it, and asks first."""
    home, machine = doctor.home, doctor.home.machine
    was = machine.sh(f"cat {DAEMON_JSON} 2>/dev/null || true").out
    machine.sh("systemctl kill --kill-whom=main --signal=KILL docker")
    home.wait_for("healthy", within=120)
    try:
        doctor.sees(
            "docker.live-restore-off",
            "docker",
            "warn",
            "`kill -9` of dockerd",
            "set by `doctor --fix`",
        )
        home.machine.exec(
            "tarsctl", "doctor", "--fix", "--yes", "--only", "docker.live-restore-off", within=120
        )
        assert doctor.ask("docker.live-restore-off")["docker"]["status"] == "pass"
        assert json.loads(machine.read(DAEMON_JSON))["live-restore"] is True
    finally:
        machine.write(DAEMON_JSON, was or "{}")
        machine.exec("systemctl", "restart", "docker", within=120)
        home.wait_for("healthy", within=120)


def test_a_unit_that_is_not_enabled(doctor: Doctor) -> None:
    machine = doctor.home.machine
    machine.exec("systemctl", "disable", "tarsd")
    doctor.sees(
        "boot.disabled",
        "tarsd.service",
        "warn",
        "`systemctl disable tarsd`",
        "enabled by `doctor --fix`",
    )
    machine.exec("tarsctl", "doctor", "--fix", "--yes", "--only", "boot.disabled", within=60)
    assert machine.exec("systemctl", "is-enabled", "tarsd").out.strip() == "enabled"
    assert doctor.ask("boot.disabled")["tarsd.service"]["status"] == "pass"
