"""What the redactor asks of whoever recognises."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tarsd.redaction.spans import Span


@dataclass(frozen=True)
class FileContext:
    """What is known of the file that a piece of bytes is from: its name in the bundle."""

    name: str


class Recogniser(Protocol):
    """Asked for one piece after the other, in any order: it keeps nothing between two."""

    def find(self, text: bytes, context: FileContext) -> Iterable[Span]:
        """All that is recognised in it, merged, from left to right.

        `text` begins and ends at a line border, or is a window of a line that is too long. What spans
        lines (a PEM block, a YAML block, a continued command) is found where all of it is in `text`:
        windows that overlap by 16 KiB lose nothing.
        """
        ...
