"""Every combination of an install's choices ends GO, and the same again changes nothing."""

from itertools import product

import pytest

from tests.machine import aftermath
from tests.machine.home import Home
from tests.machine.snapshot import snapshot

FLAGS = ("--skip-nas", "--cpu-only", "--with-frontend", "--yes")
COMBINATIONS = [
    tuple(flag for flag, given in zip(FLAGS, choice, strict=True) if given)
    for choice in product((False, True), repeat=len(FLAGS))
]
ALWAYS = {"ollama", "chromadb", "postgres", "redis"}
ENTER = "\n" * 6  # more than there are questions


def install(home: Home, flags: tuple[str, ...]) -> None:
    """As typed on a terminal; where --yes is not given, every question is answered with Enter."""
    command = " ".join(("NO_COLOR=1 tarsctl install", *flags))
    # script(1) gives it a terminal, and the exit status back.
    ran = home.machine.exec(
        *("script", "--quiet", "--return", "--command", command, "/dev/null"),
        stdin=ENTER,
        check=False,
        within=180,
    )
    assert ran.status == 0, ran
    assert "GO ·" in ran.out, ran


@pytest.mark.vm
@pytest.mark.parametrize("flags", COMBINATIONS, ids=lambda it: " ".join(it) or "none")
def test_each_combination_ends_go_and_again_changes_nothing(
    without_stack: Home, flags: tuple[str, ...]
) -> None:
    home = without_stack
    install(home, flags)
    asked = "--yes" not in flags  # Enter takes the web UI
    with_webui = asked or "--with-frontend" in flags
    status = home.status()
    expected = ALWAYS | {"webui"} if with_webui else ALWAYS
    assert {service.name for service in status.services} == expected
    home.wait_for("healthy")
    before = snapshot(home)
    install(home, flags)
    assert snapshot(home).splitlines() == before.splitlines()


def test_a_changed_flag_changes_only_what_it_names(without_stack: Home) -> None:
    home = without_stack
    install(home, ("--yes",))
    before = home.started()
    install(home, ("--yes", "--with-frontend"))
    after = home.started()
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
    install(home, ("--yes", "--without-frontend"))
    assert home.started() == before
    assert aftermath.left_behind(home)
