"""An install that is interrupted at a random moment ends well or undone, without a person's help.

`--interruptions 100` makes an evening of it; each failure names the seed and the moment.
"""

import random
import time

import pytest

from tests.machine import aftermath
from tests.machine.home import ARCHIVE, Home, MakeHome
from tests.machine.machine import MachineError
from tests.machine.supply import Supply

BEGIN = "tarsctl install --yes --no-wait"
KILL = "sleep {moment:.3f}; kill -9 $(systemctl show --value -p MainPID tarsd)"


@pytest.fixture(scope="module")
def seeds(pytestconfig: pytest.Config) -> list[int]:
    first = random.randrange(1_000_000)
    count = int(pytestconfig.getoption("--interruptions") or 0)
    return list(range(first, first + count))


@pytest.fixture(scope="module")
def ready(make_home: MakeHome, supply: Supply) -> Home:
    """A machine with the package and the images, and no stack."""
    home = make_home()
    home.install_package()
    home.machine.put(supply.images, ARCHIVE)
    home.machine.exec("docker", "load", "--quiet", "--input", ARCHIVE, within=120)
    return home


@pytest.fixture(scope="module")
def lasts(ready: Home) -> float:
    """Seconds an install takes when it is left alone."""
    fresh(ready)
    started = time.monotonic()
    ready.tarsctl("install", "--yes", within=180)
    return time.monotonic() - started


def fresh(home: Home) -> None:
    """No stack, no volumes, no secrets: as before the first install, but for the images."""
    if home.status().installed or home.machine.sh("docker volume ls -q").out:
        machine = home.machine.exec("hostname").out.strip()
        home.tarsctl("uninstall", "--purge-data", "--machine", machine, "--yes", within=180)
    home.machine.sh("rm -rf /var/lib/tars-home/secrets /etc/tars-home/conf.d/50-install.toml")
    assert aftermath.left_behind(home) == []


def interrupted(home: Home, script: str, seed: int, moment: float) -> str:
    """Begin an install, run the script, and judge what comes of it; returns the end."""
    try:
        home.machine.sh(f"{BEGIN}; {script}", within=60)
        home.wait_for_answer(within=30)
        return aftermath.check(home, aftermath.newest_change(home))
    except (AssertionError, MachineError) as error:
        raise AssertionError(f"seed {seed}, interrupted after {moment:.3f} s") from error


@pytest.mark.timeout(7200)
def test_kill_at_any_moment_of_a_first_install(ready: Home, lasts: float, seeds: list[int]) -> None:
    ends: list[str] = []
    for seed in seeds:
        fresh(ready)
        moment = random.Random(seed).uniform(0, lasts)
        ends.append(interrupted(ready, KILL.format(moment=moment), seed, moment))
    print(
        f"{len(ends)} kills within {lasts:.1f} s: {ends.count('done')} done, {ends.count('undone')} undone"
    )


@pytest.mark.vm
@pytest.mark.timeout(7200)
def test_power_cut_at_any_moment_of_a_first_install(
    ready: Home, lasts: float, seeds: list[int]
) -> None:
    ends: list[str] = []
    for seed in seeds:
        fresh(ready)
        moment = random.Random(seed).uniform(0, lasts)
        try:
            ready.machine.sh(BEGIN)
            time.sleep(moment)
            ready.machine.cut()
            ready.wait_for_answer(within=60)
            ends.append(aftermath.check(ready, aftermath.newest_change(ready)))
        except (AssertionError, MachineError) as error:
            raise AssertionError(f"seed {seed}, cut after {moment:.3f} s") from error
    print(
        f"{len(ends)} cuts within {lasts:.1f} s: {ends.count('done')} done, {ends.count('undone')} undone"
    )
