"""A made-up secret at the end of every raw file: what stands in its place later shows that it was redacted to its end."""

import os
import secrets
from functools import cache
from pathlib import Path

KEY = b"tars-canary: "

PAST = "it went past the redactor"

ROOM = 256
"""Bytes at the end of a redacted file that hold the line, whatever the token looks like."""


@cache
def hatch() -> str:
    """This process's, and that of children forked after the first call: one for each file would make the search dear."""
    return secrets.token_hex(16)


def line(value: str) -> bytes:
    """What is added to a raw file, after a line break where its last line has none."""
    return KEY + value.encode() + b"\n"


def missed(path: Path, value: str, token: str) -> str | None:
    """Cut the line off the end of a redacted file; or say why it does not prove what it should. Raises OSError."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(max(0, size - ROOM))
        end = stream.read()
        if value.encode() in end:
            return PAST
        head, found, rest = end.rpartition(KEY)
        if not found or rest != token.encode() + b"\n" or not (head.endswith(b"\n") or not head):
            return "the redactor did not come to its end"
        stream.truncate(size - len(found) - len(rest))
        os.fsync(stream.fileno())
    return None
