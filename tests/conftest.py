"""What holds for every part of the tests."""

import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vm", action="store_true", help="run the tests marked vm, in virtual machines"
    )


def pytest_configure() -> None:
    # As Ctrl-C does, so that a run that is ended from outside removes its machines too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
