"""Images from a registry: shown as they come, and waited for while the registry has a bad time."""

import json

import pytest

from tests.machine import aftermath
from tests.machine.home import ARCHIVE, Home, MakeHome
from tests.machine.registry import Registry
from tests.machine.shapes import Change
from tests.machine.supply import Supply

QUICK, SLOW = 100_000_000, 4_000_000  # bytes per second


@pytest.fixture(scope="module")
def registry_home(make_home: MakeHome, supply: Supply) -> tuple[Home, Registry]:
    home = make_home()
    home.install_package()
    home.machine.put(supply.images, ARCHIVE)
    return home, Registry(home)


@pytest.fixture
def mirrored(registry_home: tuple[Home, Registry]) -> tuple[Home, Registry]:
    """A machine without a stack and without images, and a registry it can reach."""
    home, registry = registry_home
    if home.status().installed:
        home.tarsctl("uninstall", "--yes", within=180)
    registry.empty_engine()
    registry.be_reached_at(QUICK)
    return home, registry


def begin(home: Home) -> str:
    return home.ask(Change, "install", "--yes", "--no-wait").id


def pulling(home: Home, change: str) -> bool:
    """Whether some bytes of an image have come, and not all."""
    task = next(it for it in home.ask(Change, "tasks", change).tasks if it.kind == "images")
    return task.status == "doing" and 0 < (task.done or 0) < (task.total or 0)


def test_the_generation_knows_the_digests_of_what_was_pulled(
    mirrored: tuple[Home, Registry],
) -> None:
    home, _ = mirrored
    home.tarsctl("install", "--yes", within=180)
    lock = json.loads(home.machine.read("/var/lib/tars-home/generations/current/stack.lock"))
    digests = {name: image["digest"] for name, image in lock["images"].items()}
    assert all(str(digest).startswith("sha256:") for digest in digests.values()), digests


def test_a_registry_killed_half_way_and_started_again_costs_time_only(
    mirrored: tuple[Home, Registry],
) -> None:
    home, registry = mirrored
    registry.be_reached_at(SLOW)
    change = begin(home)
    home.machine.wait("a pull to be half-way", lambda: pulling(home, change))
    registry.stop()
    home.machine.sh("sleep 5")
    assert home.ask(Change, "tasks", change).ended is None
    registry.start()
    registry.be_reached_at(QUICK)
    assert aftermath.check(home, change) == "done"


def test_a_pull_goes_on_after_a_kill_of_tarsd(mirrored: tuple[Home, Registry]) -> None:
    home, registry = mirrored
    registry.be_reached_at(SLOW)
    change = begin(home)
    home.machine.wait("a pull to be half-way", lambda: pulling(home, change))
    home.machine.sh("kill -9 $(systemctl show --value -p MainPID tarsd)")
    registry.be_reached_at(QUICK)
    home.wait_for_answer(within=30)
    assert aftermath.check(home, change) == "done"


def test_a_pull_that_is_aborted_leaves_nothing_but_images(
    mirrored: tuple[Home, Registry],
) -> None:
    home, registry = mirrored
    registry.be_reached_at(SLOW)
    change = begin(home)
    home.machine.wait("a pull to be half-way", lambda: pulling(home, change))
    home.tarsctl("abort", change)
    assert aftermath.check(home, change) == "undone"


def test_an_image_that_does_not_exist_is_named_at_once(mirrored: tuple[Home, Registry]) -> None:
    home, _ = mirrored
    override = "/etc/tars-home/compose.override.yaml"
    home.machine.write(override, "services:\n  redis:\n    image: 127.0.0.1:5001/redis:nope\n")
    try:
        error = home.error("install", "--yes", status=1, within=120)
    finally:
        home.machine.exec("rm", override)
    assert error.kind == "image-missing"
    assert error.message == (
        "cannot pull 127.0.0.1:5001/redis:nope: its registry has no such image (manifest unknown)"
    )
    assert aftermath.left_behind(home) == []
