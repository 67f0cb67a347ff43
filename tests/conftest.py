"""Options of every part of the tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vm", action="store_true", help="run the tests marked vm, in virtual machines"
    )
