"""What in an environment is a secret: by its name, or within its value."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import unquote

from tarsd.redaction.known import Known

_NAMED = re.compile(
    r"PASS|PWD$|SECRET|TOKEN|CREDENTIAL|AUTH|_?KEY(?:$|_)|APIKEY|SALT|COOKIE|SESSION|PRIVATE|WEBHOOK|DSN|LICENSE",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(?:true|false|yes|no|on|off|none|null|enabled|disabled|\d+|/[\w./-]*|https?://[^@?#]*)",
    re.IGNORECASE,
)
"""What stands behind such a name and is none: a switch, a number, a path, an address without a password."""

_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://([^\s/:@]*):([^\s/@]+)@", re.IGNORECASE)
_GUESSED = re.compile(r"(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9+/=_~$!%^&*#-]{16,512}")
"""Of a variable that nobody knows: letters and digits in one word, as people and programs make secrets."""


def of_lines(lines: Iterable[str], origin: str) -> Iterator[Known]:
    """Of `NAME=value` lines, as the Engine has them."""
    for line in lines:
        name, equals, value = line.partition("=")
        if equals:
            yield from of_variable(name, value, origin)


def of_variable(name: str, value: str, origin: str) -> Iterator[Known]:
    """Of one. A file's value (`..._FILE`) is a path."""
    where = f"{origin}: {name}"
    for match in _IN_URL.finditer(value):
        yield from (Known(it, where, "secret") for it in {match[2], unquote(match[2])})
    if name.upper().endswith("_FILE") or _NO_SECRET.fullmatch(value):
        return
    if _NAMED.search(name):
        yield Known(value, where, "secret")
        yield from _within(value, where)
    elif _GUESSED.fullmatch(value) and "/" not in value[:1]:
        yield Known(value, where, "secret")


def _within(value: str, where: str) -> Iterator[Known]:
    """A JSON document as a value: each of its texts that may be one."""
    if value[:1] not in "{[":
        return
    try:
        texts = _texts(json.loads(value))
    except (ValueError, RecursionError):
        return
    yield from (
        Known(it, where, "secret") for it in texts if len(it) >= 8 and not _NO_SECRET.fullmatch(it)
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for it in cast("dict[str, Any]", value).values():
            yield from _texts(it)
    elif isinstance(value, list):
        for it in cast("list[Any]", value):
            yield from _texts(it)
