"""Takes secrets out of texts that others wrote, also where they were quoted, or cut in the middle."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

SHOWN = "[secret]"

PART = 12
"""Characters of one of our own (hex) values that are hidden where the rest of it was cut off; 48 bits, far from the 192."""

WORD = 8
"""A password shorter than this is hidden where it stands alone, or a NAS's `a` would hide every a."""

_MADE = re.compile(f"[0-9a-f]{{{2 * PART},}}")


class Hider:
    """Made of the values there are at this moment."""

    def __init__(self, values: Iterable[str]) -> None:
        whole = {form for value in values for form in _forms(value)}
        # The longest first: of two that begin alike, the shorter would leave the end of the longer.
        ordered = sorted(whole, key=lambda value: (-len(value), value))
        self._whole = re.compile("|".join(map(_pattern, ordered))) if ordered else None
        self._parts = {
            value[at : at + PART]
            for value in whole
            if _MADE.fullmatch(value)
            for at in range(len(value) - PART + 1)
        }

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._whole is not None:
            text = self._whole.sub(SHOWN, text)
        return self._without_parts(text) if self._parts else text

    def _without_parts(self, text: str) -> str:
        kept: list[str] = []
        begin = at = 0
        while at <= len(text) - PART:
            if text[at : at + PART] not in self._parts:
                at += 1
                continue
            kept += [text[begin:at], SHOWN]
            while text[at : at + PART] in self._parts:
                at += 1
            begin = at = at + PART - 1
        return "".join([*kept, text[begin:]])


def _forms(value: str) -> set[str]:
    """As it is, within JSON or Python's quotes, and within a URL."""
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value, safe=""),
    }


def _pattern(value: str) -> str:
    escaped = re.escape(value)
    return rf"(?<!\w){escaped}(?!\w)" if len(value) < WORD else escaped
