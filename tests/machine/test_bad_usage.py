"""Wrong words, wrong people, and a daemon that is dead or hung."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.machine.home import Home
from tests.machine.shapes import Version

HUNG_DEADLINE = 2.0  # seconds tarsctl waits for the first byte
START_ALLOWANCE = 0.7  # seconds for Python, and for getting into the machine


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["status", "--jsno"], "--jsno"),
        (["statsu"], "statsu"),
        (["logs", "redsi"], "redsi"),
        (["restart", "redsi"], "redsi"),
        (["stop", "redis", "postgrse"], "postgrse"),
        (["config", "chek"], "chek"),
        (["restart", "--timeout", "soon"], "soon"),
        (["logs", "redis", "--lines", "-5"], "-5"),
        (["watch", "99999"], "99999"),
    ],
)
def test_wrong_word_is_named(home: Home, words: list[str], named: str) -> None:
    before = home.started()
    line = home.refused(*words, status=2)
    assert named in line
    assert home.started() == before


def test_wrong_service_names_those_there_are(home: Home) -> None:
    error = home.error("logs", "redsi", status=2)
    assert error.kind == "unknown-service"
    assert "redis" in f"{error.message} {error.fix}"


def test_stranger_is_told_how_to_be_allowed(home: Home) -> None:
    for words in (["status"], ["restart", "redis"], ["uninstall", "--yes"]):
        ran = home.tarsctl(*words, status=4, user="nobody")
        assert "cannot" in ran.err
        assert "sudo" in ran.err or "group tars" in ran.err


def test_member_of_the_group_may_look_but_not_uninstall(home: Home) -> None:
    home.machine.sh("useradd --system --groups tars anna")
    try:
        home.tarsctl("status", user="anna")
        home.tarsctl("restart", "redis", user="anna", within=120)
        ran = home.tarsctl("uninstall", "--yes", status=4, user="anna")
        assert "sudo" in ran.err
        assert home.status().installed
        ran = home.tarsctl("config", "reload", status=4, user="anna")
    finally:
        home.machine.exec("userdel", "anna")


@contextmanager
def stopped(home: Home) -> Generator[None]:
    home.machine.exec("systemctl", "stop", "tarsd")
    try:
        yield
    finally:
        home.machine.exec("systemctl", "start", "tarsd")


@contextmanager
def hung(home: Home) -> Generator[None]:
    home.machine.exec("systemctl", "kill", "--signal=STOP", "tarsd")
    try:
        yield
    finally:
        home.machine.exec("systemctl", "kill", "--signal=CONT", "tarsd")


@pytest.mark.parametrize("trouble", [stopped, hung])
def test_unreachable_daemon_is_said_in_time(
    home: Home, trouble: Callable[[Home], AbstractContextManager[None]]
) -> None:
    with trouble(home):
        for words in ("status", "logs redis", "restart redis", "install --yes", "config check"):
            timed = home.machine.sh(
                f"TIMEFORMAT=%R; time tarsctl {words} 2>/tmp/err || echo status=$?"
            )
            assert "status=3" in timed.out, timed
            assert float(timed.err) < HUNG_DEADLINE + START_ALLOWANCE
            said = home.machine.read("/tmp/err")
            assert said.startswith("tarsctl: cannot ")
            assert "tarsd" in said


def test_version_answers_with_the_daemon_dead(home: Home) -> None:
    with stopped(home):
        version = home.ask(Version, "version")
        assert version.daemon is None
        assert version.client


def test_stopped_daemon_leaves_the_stack_alone(home: Home) -> None:
    before = home.started()
    with stopped(home):
        assert home.started() == before
    home.wait_for("healthy")
    assert home.started() == before
