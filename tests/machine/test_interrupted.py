"""An install that is interrupted at a random moment ends well or undone, without a person's help.

`--interruptions 100` makes an evening of it; each failure names the seed and the moment.
"""

import random
import time

import pytest

from tests.machine import aftermath
from tests.machine.home import Home
from tests.machine.machine import MachineError

BEGIN = "tarsctl install --yes --no-wait"
KILL = "sleep {moment:.3f}; kill -9 $(systemctl show --value -p MainPID tarsd)"


@pytest.fixture(scope="module")
def seeds(pytestconfig: pytest.Config) -> list[int]:
    first = random.randrange(1_000_000)
    count = int(pytestconfig.getoption("--interruptions") or 0)
    return list(range(first, first + count))


@pytest.fixture(scope="module")
def lasts(with_images: Home) -> float:
    """Seconds an install takes when it is left alone."""
    aftermath.fresh(with_images)
    started = time.monotonic()
    with_images.tarsctl("install", "--yes", within=180)
    return time.monotonic() - started


def interrupted(home: Home, script: str, seed: int, moment: float) -> str:
    """Begin an install, run the script, and judge what comes of it; returns the end."""
    try:
        home.machine.sh(f"{BEGIN}; {script}", within=60)
        home.wait_for_answer(within=30)
        return aftermath.check(home, aftermath.newest_change(home))
    except (AssertionError, MachineError) as error:
        raise AssertionError(f"seed {seed}, interrupted after {moment:.3f} s") from error


@pytest.mark.timeout(7200)
def test_kill_at_any_moment_of_a_first_install(
    with_images: Home, lasts: float, seeds: list[int]
) -> None:
    ends: list[str] = []
    for seed in seeds:
        aftermath.fresh(with_images)
        moment = random.Random(seed).uniform(0, lasts)
        ends.append(interrupted(with_images, KILL.format(moment=moment), seed, moment))
        print(f"killed after {moment:.2f} s: {ends[-1]}", flush=True)
    print(
        f"{len(ends)} kills within {lasts:.1f} s: {ends.count('done')} done, {ends.count('undone')} undone"
    )


@pytest.mark.vm
@pytest.mark.timeout(7200)
def test_power_cut_at_any_moment_of_a_first_install(
    with_images: Home, lasts: float, seeds: list[int], virtual: bool
) -> None:
    if not virtual:
        pytest.skip("the page cache of a container survives its power cut: packaging/test vm")
    ends: list[str] = []
    for seed in seeds:
        aftermath.fresh(with_images)
        moment = random.Random(seed).uniform(0, lasts)
        try:
            with_images.machine.sh(BEGIN)
            time.sleep(moment)
            with_images.machine.cut()
            with_images.wait_for_answer(within=60)
            ends.append(aftermath.check(with_images, aftermath.newest_change(with_images)))
            told = "; ".join(aftermath.mended(with_images))
            print(f"cut after {moment:.1f} s: {ends[-1]} {told}", flush=True)
        except (AssertionError, MachineError) as error:
            raise AssertionError(f"seed {seed}, cut after {moment:.3f} s") from error
    print(
        f"{len(ends)} cuts within {lasts:.1f} s: {ends.count('done')} done, {ends.count('undone')} undone"
    )
