"""What an answer to a message means, whoever was asked."""

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CONNECTING, ANSWERING = 5.0, 10.0
"""Seconds for a connection, and for an answer after that."""

LONGEST_RETRY = 3600.0
"""Seconds: no server's word makes a message wait longer."""

_LATER = frozenset({408, 425, 429})
_OF_THE_MESSAGE = frozenset({400, 413, 422})
_PAGE = re.compile(rb"\s*<(!doctype|html|head|body)", re.IGNORECASE)

Outcome = Literal["sent", "later", "silent", "refused", "wrong"]


@dataclass(frozen=True)
class Ended:
    """`later`: the channel cannot take it now. `silent`: nothing was answered, so it may have arrived. `refused`: it
    does not take this message. `wrong`: it takes none, for its address is not right any more.
    """

    outcome: Outcome
    why: str | None = None
    retry_after: float | None = None


SENT = Ended("sent")
SILENT = Ended("silent", f"it does not answer within {ANSWERING:.0f} s")


def judged(status: int, headers: Mapping[str, str], body: bytes) -> Ended:
    """Of an HTTP answer; `headers` by small names, `body` is its beginning.

    A page where a short word is due comes from something else than the channel: a portal, a router, a parked domain.
    """
    if 300 <= status < 400:
        return Ended("wrong", f"it sends us elsewhere (HTTP {status}), where no message is sent")
    if status in _LATER or status >= 500:
        return Ended("later", f"it answers HTTP {status}", retry_after(headers.get("retry-after")))
    if status in _OF_THE_MESSAGE:
        return Ended("refused", f"it does not take this message (HTTP {status})")
    if not 200 <= status < 300:
        return Ended("wrong", f"it answers HTTP {status}: the address or its password is not right")
    if _PAGE.match(body):
        return Ended("later", "a web page answers, not the channel: a portal, or another server")
    return SENT


def retry_after(text: str | None) -> float | None:
    """Seconds, of either form of the header (RFC 9110, 10.2.3); None where it says nothing sensible."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return min(float(text), LONGEST_RETRY)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(at - time.time(), 0.0), LONGEST_RETRY)
