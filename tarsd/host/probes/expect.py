"""What the answer to an HTTP probe must be; made from a label, or known for a service of the stack."""

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast


class Absent(Enum):
    """Stands where no value is asked for: null is one."""

    VALUE = 0


@dataclass(frozen=True)
class Expectation:
    """A status, and unless only that counts, JSON; with `key`, an object that has it; with `value`, that value in it."""

    status: int = 200
    json: bool = True
    key: str | None = None
    value: object = Absent.VALUE

    def judge(self, document: object) -> str | None:
        """Why this document is not what was expected; None if it is."""
        if self.key is None:
            return None
        if not isinstance(document, dict) or self.key not in document:
            return f"its JSON has no {self.key!r}"
        found = cast("dict[str, Any]", document)[self.key]
        # Not ==, to which 1 is true; and a label has no types: `status=ok` means the string.
        if self.value is Absent.VALUE or json.dumps(found) == json.dumps(self.value):
            return None
        return f"its {self.key!r} is {json.dumps(found)[:60]}, not {json.dumps(self.value)[:60]}"


OLLAMA_VERSION = Expectation(key="version")
CHROMA_HEARTBEAT = Expectation(key="nanosecond heartbeat")
WEBUI_READY = Expectation(key="status", value=True)

KNOWN = {
    ("llm", "/api/version"): OLLAMA_VERSION,
    ("vector", "/api/v2/heartbeat"): CHROMA_HEARTBEAT,
    ("ui", "/ready"): WEBUI_READY,
}
"""By role and path. Chroma's v1 answers 410; Open WebUI answers any path that it does not know with 200 and HTML."""


def parse(label: str) -> Expectation:
    """`tars.probe.expect` of a probe over HTTP. Raises ValueError.

    `json`, a status such as `204` (the body is not looked at), `KEY` or `KEY=VALUE` of a JSON object.
    """
    text = label.strip()
    if text == "json":
        return Expectation()
    if re.fullmatch(r"[2-5]\d\d", text):
        return Expectation(status=int(text), json=False)
    key, sign, value = (part.strip() for part in text.partition("="))
    if not key or len(text) > 200 or not text.isprintable():
        raise ValueError("must be json, a status such as 204, KEY or KEY=VALUE")
    return Expectation(key=key, value=_value(value) if sign else Absent.VALUE)


def _value(text: str) -> object:
    """What is written as JSON is that; anything else is a string."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
