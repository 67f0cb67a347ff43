"""A log that a test can read."""

from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger


class Log:
    """`logger` is for the code, `entries` for the test."""

    def __init__(self) -> None:
        capture = LogCapture()
        self.entries: list[MutableMapping[str, Any]] = capture.entries
        self.logger: FilteringBoundLogger = structlog.wrap_logger(
            None, [capture], structlog.make_filtering_bound_logger(0)
        )

    def events(self) -> list[str]:
        """The kinds of what was logged, in order."""
        return [str(entry["event"]) for entry in self.entries]
