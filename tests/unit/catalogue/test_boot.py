"""What does not come up with the machine leaves the stack down after a boot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.boot import BootDisabled
from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.remedy import Kind
from tarsd.errors import JobFailed
from tests.unit.hands import NotedUnits, hands
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found

OURS: Mapping[str, Any] = {"path": "/mnt/nas/documents", "source": "//nas/docs"}
MOUNT = "mnt-nas-documents.mount"


async def ask(
    around: Surroundings,
    root: Path,
    states: Mapping[str, str],
    nas: Mapping[str, Any] | None = None,
) -> dict[str, Finding]:
    """By unit; what `states` does not name is enabled, what it names None is not there."""

    def answer(names: Sequence[str]) -> Mapping[str, str]:
        told = {name: states.get(name, "enabled") for name in names}
        return {name: state for name, state in told.items() if state}

    world = around.with_senses(senses(root, units=answer)).world(nas=dict(nas or {}))
    return {it.subject: it for it in await found(BootDisabled(), world)}


async def test_all_of_it_comes_up(around: Surroundings, tmp_path: Path) -> None:
    findings = await ask(around, tmp_path, {}, OURS)
    assert findings.keys() == {"docker.service", "tarsd.service", MOUNT}
    assert {it.status for it in findings.values()} == {Status.PASS}


@pytest.mark.parametrize("unit", ["docker.service", "tarsd.service", MOUNT])
async def test_one_that_does_not(around: Surroundings, tmp_path: Path, unit: str) -> None:
    finding = (await ask(around, tmp_path, {unit: "disabled"}, OURS))[unit]
    assert finding.status is Status.WARN
    assert finding.fix == f"sudo systemctl enable {unit}"


async def test_a_masked_one_is_unmasked_first(around: Surroundings, tmp_path: Path) -> None:
    finding = (await ask(around, tmp_path, {"docker.service": "masked"}))["docker.service"]
    assert finding.fix == (
        "sudo systemctl unmask docker.service && sudo systemctl enable docker.service"
    )


async def test_a_mount_of_the_owners_own_is_not_ours_to_judge(
    around: Surroundings, tmp_path: Path
) -> None:
    own = {"path": "/mnt/nas/documents"}
    assert MOUNT not in await ask(around, tmp_path, {}, own)
    assert MOUNT not in await ask(around, tmp_path, {}, {**OURS, "enabled": False})


async def test_a_unit_that_systemd_does_not_know(around: Surroundings, tmp_path: Path) -> None:
    finding = (await ask(around, tmp_path, {"docker.service": ""}))["docker.service"]
    assert finding.status is Status.UNKNOWN


async def test_a_bus_that_does_not_answer(around: Surroundings, tmp_path: Path) -> None:
    def silent(_: Sequence[str]) -> Mapping[str, str]:
        raise JobFailed("cannot reach systemd over D-Bus: No such file or directory")

    world = around.with_senses(senses(tmp_path, units=silent)).world()
    (finding,) = await found(BootDisabled(), world)
    assert finding.status is Status.UNKNOWN
    assert "D-Bus" in finding.summary


async def test_enabling_is_the_owners_to_allow(around: Surroundings, tmp_path: Path) -> None:
    units = NotedUnits()
    finding = (await ask(around, tmp_path, {MOUNT: "disabled"}, OURS))[MOUNT]
    (remedy,) = BootDisabled.remedies
    assert remedy.kind is Kind.CONFIRM
    assert remedy.fits(around.world(), finding)
    assert remedy.words(finding) == f"enable {MOUNT}"
    await remedy.do(hands(units=units), finding)
    assert units.acts == [("enable", MOUNT)]


@pytest.mark.parametrize("state", ["masked", "masked-runtime"])
async def test_what_was_masked_was_meant(around: Surroundings, tmp_path: Path, state: str) -> None:
    finding = (await ask(around, tmp_path, {"docker.service": state}))["docker.service"]
    (remedy,) = BootDisabled.remedies
    assert not remedy.fits(around.world(), finding)
