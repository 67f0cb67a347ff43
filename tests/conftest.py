"""What holds for every part of the tests."""

import signal
from pathlib import Path

import hypothesis
import pytest

# Seconds for one test where the 60 of pyproject.toml, fixtures included, do not do: these parts build
# packages, images and machines in fixtures that have deadlines of their own.
DEADLINES = {"integration": 300, "machine": 600}
SLOWNESS_OF_A_VM = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vm", action="store_true", help="run the tests marked vm, in virtual machines"
    )
    parser.addoption(
        "--suite",
        default="trixie",
        choices=["trixie", "bookworm"],
        help="the Debian of the machine that most machine tests share",
    )
    parser.addoption(
        "--times",
        type=int,
        default=1,
        help="how often each thing is done that must be understood right every time",
    )
    parser.addoption(
        "--interruptions",
        type=int,
        default=3,
        help="how often an install is interrupted, at random",
    )
    parser.addoption(
        "--hours", type=int, default=2, help="how long a day is on which nothing happens"
    )
    parser.addoption(
        "--pictures",
        action="store_true",
        help="make the pictures of the status page in docs/pictures anew",
    )
    parser.addoption(
        "--every-fault",
        action="store_true",
        help="also the faults that take minutes to be sure of, for the table of docs/reliability.md",
    )


def pytest_configure() -> None:
    # A deadline of its own for each example is a measurement of how busy this machine is.
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    # As Ctrl-C does, so that a run that is ended from outside removes its machines too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A runner that was started in the background ignores SIGINT, and so would the programs it tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slowness = SLOWNESS_OF_A_VM if config.getoption("--vm") else 1
    for item in items:
        part = item.path.relative_to(Path(__file__).parent).parts[0]
        if part in DEADLINES:
            limit = DEADLINES[part] * slowness
            item.add_marker(pytest.mark.timeout(limit, func_only=True))
