"""After a boot of the machine one verdict: in the journal, and in status for as long as that boot lasts."""

from collections.abc import Iterator

import pytest

from tests.machine.home import Home
from tests.machine.shapes import Boot

GO, NO_GO = "boot.go", "boot.no-go"
DEADLINE = 60

SQUATTER = """\
[Unit]
Before=docker.service
[Service]
ExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 6379
[Install]
WantedBy=multi-user.target
"""


def told(home: Home) -> list[str]:
    """All verdicts of this machine's boots, oldest first."""
    events = [str(entry.get("TARS_EVENT")) for entry in home.journal()]
    return [event for event in events if event in (GO, NO_GO)]


def boot(home: Home, within: float = 150) -> Boot:
    """Reboot, and wait for the verdict."""
    home.machine.reboot()
    home.wait_for_answer(within=60)
    home.machine.wait("the boot's verdict", lambda: home.status().boot is not None, within)
    verdict = home.status().boot
    assert verdict is not None
    return verdict


def test_a_boot_is_told_once(home: Home) -> None:
    before = told(home)
    verdict = boot(home)
    assert (verdict.verdict, verdict.services, verdict.missing) == ("GO", 4, [])
    assert 0 < verdict.seconds < 150
    assert told(home) == [*before, GO]
    assert home.status().overall == "healthy"
    assert "GO after" in home.tarsctl("status").out
    home.restart_daemon()
    home.wait_for("healthy")
    assert home.status().boot == verdict
    assert told(home) == [*before, GO], "a restart of tarsd is no boot"


def test_a_service_without_a_container_is_made_again_and_the_boot_is_well(home: Home) -> None:
    home.machine.exec("systemctl", "stop", "tarsd")
    home.machine.exec("docker", "rm", "-f", home.container("redis"))
    verdict = boot(home)
    assert (verdict.verdict, verdict.missing) == ("GO", [])
    assert home.status().service("redis").health == "healthy"


@pytest.fixture
def taken_port(home: Home) -> Iterator[Home]:
    """From the next boot on, somebody has Redis's port before Docker; services have a minute to come up."""
    unit = "squatter.service"
    home.machine.write(f"/etc/systemd/system/{unit}", SQUATTER)
    home.machine.exec("systemctl", "enable", unit)
    with home.settings(f"[start]\ndeadline = {DEADLINE}\n"):
        yield home
    home.machine.exec("systemctl", "disable", "--now", unit)
    home.machine.exec("rm", f"/etc/systemd/system/{unit}")
    home.tarsctl("config", "reload")
    home.tarsctl("start", "redis", within=180)
    home.wait_for("healthy", within=120)


def test_a_service_that_cannot_come_up_is_named(taken_port: Home) -> None:
    verdict = boot(taken_port, within=DEADLINE + 90)
    assert verdict.verdict == "NO-GO"
    assert len(verdict.missing) == 1
    assert verdict.missing[0].startswith("redis: "), verdict
    assert verdict.seconds >= DEADLINE
    assert told(taken_port)[-1] == NO_GO
    found = taken_port.status()
    assert [it.subject for it in found.problems] == ["port 6379"], "told once, by its cause"
    assert "squatter.service" in found.problems[0].message
    assert found.problems[0].incident is not None
