"""The package alone, on machines without Docker: tarsd is ready, idle, and says what is missing."""

import pytest

from tests.machine.home import STATE, Home, MakeHome
from tests.machine.shapes import Status, Version

READY_DEADLINE = 3.0  # seconds
MICROSECONDS = 1_000_000
RESIDENT = 60_000_000
"""Bytes. What it may grow to before somebody has to look (docs/decisions.md, "The memory of an idle daemon")."""


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def bare(request: pytest.FixtureRequest, make_home: MakeHome) -> Home:
    home = make_home(str(request.param), bare=True)
    home.install_package()
    return home


def test_is_ready_in_three_seconds(bare: Home) -> None:
    assert bare.unit("ActiveState") == "active"
    began, ready = (
        int(bare.unit(f"{name}TimestampMonotonic")) for name in ("InactiveExit", "ActiveEnter")
    )
    assert (ready - began) / MICROSECONDS < READY_DEADLINE


def test_is_small_once_it_has_started(bare: Home) -> None:
    pid = bare.unit("MainPID")

    def resident() -> int:
        line = bare.machine.exec("grep", "^VmRSS:", f"/proc/{pid}/status").out
        return int(line.split()[1]) * 1024

    bare.machine.wait("tarsd to be small", lambda: resident() < RESIDENT, 60)


def test_says_that_docker_is_missing(bare: Home) -> None:
    status = bare.status()
    assert not status.installed
    assert status.overall in {"stopped", "unknown"}
    assert status.engine.status == "down"
    error = bare.error("install", "--yes", status=1)
    assert "docker.down" in error.message
    assert "docker" in str(error.fix).lower()


def test_owns_no_network_socket(bare: Home) -> None:
    assert "tarsd" not in bare.machine.exec("ss", "-Htunlp").out


def test_logs_no_error(bare: Home) -> None:
    assert not bare.journal("-p", "err")
    assert bare.unit("NRestarts") == "0"


def test_nobody_was_put_into_the_group(bare: Home) -> None:
    assert bare.machine.exec("getent", "group", "tars").out.rstrip("\n").endswith(":")


def test_survives_a_reboot(bare: Home) -> None:
    bare.machine.reboot()
    bare.wait_for_answer(within=30)
    assert bare.unit("ActiveState") == "active"


def test_removed_and_installed_again_it_keeps_its_state(bare: Home) -> None:
    bare.machine.write("/etc/tars-home/conf.d/50-mine.toml", "[log]\nlevel = 'warning'\n")
    bare.apt("remove", "tars-home")
    assert bare.machine.sh("command -v tarsctl", check=False).status != 0
    assert bare.machine.exec("systemctl", "is-active", "tarsd", check=False).status != 0
    bare.machine.exec("test", "-e", f"{STATE}/state.db")
    bare.install_package()
    assert "warning" in bare.tarsctl("config", "show").out
    bare.machine.exec("rm", "/etc/tars-home/conf.d/50-mine.toml")


def test_purged_it_leaves_nothing(bare: Home) -> None:
    bare.apt("purge", "tars-home")
    left = bare.machine.sh(
        f"ls -d {STATE} /etc/tars-home /run/tarsd /usr/lib/tars-home /usr/share/tars-home"
        " /etc/systemd/system/*/tarsd.service 2>/dev/null",
        check=False,
    )
    assert not left.out
    bare.install_package()
    assert bare.ask(Version, "version").daemon
    assert not bare.ask(Status, "status").installed
