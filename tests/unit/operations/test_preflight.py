"""What findings mean for an install, and what a refused one leaves: nothing."""

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.preflight import CHECKS
from tarsd.changes.model import ChangeStatus
from tarsd.errors import JobFailed
from tarsd.operations.verdict import judged
from tests.unit.home import Home
from tests.unit.names import names


def verdict(check: str, status: Status) -> tuple[str, int, int, int]:
    found = judged([Finding(check, "x", status, "said")], CHECKS)
    return found["verdict"], found["passed"], len(found["warnings"]), len(found["failures"])


@pytest.mark.parametrize(
    "check", ["docker.down", "port.taken", "legacy.deployment", "compose.invalid"]
)
def test_not_knowing_refuses_where_a_guess_could_cost_something(check: str) -> None:
    assert verdict(check, Status.UNKNOWN) == ("NO-GO", 0, 0, 1)


@pytest.mark.parametrize(
    "check", ["memory.small", "clock.unsynced", "network.registry", "nas.absent"]
)
def test_not_knowing_is_a_warning_elsewhere(check: str) -> None:
    assert verdict(check, Status.UNKNOWN) == ("GO", 0, 1, 0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PASS, ("GO", 1, 0, 0)),
        (Status.WARN, ("GO", 0, 1, 0)),
        (Status.FAIL, ("NO-GO", 0, 0, 1)),
        (Status.SKIP, ("GO", 0, 0, 0)),
    ],
)
def test_other_answers(status: Status, expected: tuple[str, int, int, int]) -> None:
    assert verdict("memory.small", status) == expected


async def test_what_compose_warns_of_is_a_warning_of_the_install(home: Home) -> None:
    home.compose.warns = r'level=warning msg="The \"FOO\" variable is not set."'
    change = await home.install()
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    (warning,) = [it for it in change.result["warnings"] if it["id"] == "compose.warning"]
    assert warning["summary"] == 'The "FOO" variable is not set.'
    assert "$$" in warning["fix"]


PUBLISHED = [{"host_ip": "127.0.0.1", "published": "6379", "target": 6379, "protocol": "tcp"}]
NGINX = {
    "address": "0.0.0.0",
    "port": 6379,
    "pid": 1,
    "command": "nc",
    "unit": None,
    "container": None,
}


async def test_a_taken_port_refuses_before_anything_is_touched(home: Home) -> None:
    home.compose.stack["services"]["redis"]["ports"] = PUBLISHED
    home.compose.own["listeners"] = [NGINX]
    change = await home.install(with_frontend=True)
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "preflight-failed"
    assert change.error["message"].startswith(
        "cannot install the stack: port.taken: port 6379: held by nc (pid 1)"
    )
    assert change.result is not None
    assert (change.result["verdict"], change.result["unchanged"]) == ("NO-GO", 0)
    assert change.result["next"] == ["sudo tarsctl install --dry-run"]
    assert change.result["passed"] > 10
    assert names(home.paths.conf_d) == []
    assert home.secrets() == {}


async def test_what_runs_on_is_counted(home: Home) -> None:
    await home.install()
    home.compose.own["listeners"] = JobFailed("cannot finish tarsd job listeners")
    again = await home.install()
    assert again.result is not None
    assert (again.result["verdict"], again.result["unchanged"]) == ("NO-GO", 2)


async def test_a_second_install_leaves_all_running_and_says_so(home: Home) -> None:
    first, second = await home.install(), await home.install()
    assert first.result is not None
    assert second.result is not None
    assert (first.result["unchanged"], second.result["unchanged"]) == (0, 2)


async def test_the_ports_that_are_asked_about_are_those_of_the_answers(home: Home) -> None:
    """Not those of the settings in force: the web UI is only just being asked for."""
    home.compose.stack["services"]["webui"]["ports"] = PUBLISHED
    home.compose.own["listeners"] = [NGINX]
    assert (await home.install()).status is ChangeStatus.DONE
    assert (await home.install(with_frontend=True)).status is ChangeStatus.UNDONE


async def test_an_overruled_answer_is_a_warning(home: Home) -> None:
    (home.paths.conf_d / "90-mine.toml").write_text("[stack]\nfrontend = false\n")
    change = await home.install(with_frontend=True)
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    assert [it["id"] for it in change.result["warnings"]] == ["config.overruled"]
