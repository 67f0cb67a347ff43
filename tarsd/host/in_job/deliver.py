"""Brings one message to one channel, and leaves a receipt on disk as soon as it is taken.

The receipt is what tells a tarsd that was killed meanwhile that the message has arrived. The address of the channel is a
secret: it is read here, from its file, and stands in no answer.
"""

import json
import os
import signal
from pathlib import Path
from typing import Any

from tarsd.host.in_job.deliver_answers import Ended

LAST_WORD = 1.0
"""Seconds that a message on its way gets when the job is told to end: a receipt is worth more than a fast end."""


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """`kind`: `apprise` (title, body, short, level), `alertmanager` (alerts), `ping`, or `look`, which only says whether
    `text` is an address.

    What became of it: `outcome` is one word of Ended, `why` says more, `retry_after` is in seconds. A message that is taken
    leaves `receipt`, a file.
    """
    signal.signal(signal.SIGTERM, _end_soon)
    address = given["text"] if given["kind"] == "look" else _address(Path(given["address"]))
    ended = address if isinstance(address, Ended) else _tried(given, address)
    if ended.outcome == "sent" and given.get("receipt"):
        _leave(Path(given["receipt"]))
    return {"outcome": ended.outcome, "why": ended.why, "retry_after": ended.retry_after}


def _tried(given: dict[str, Any], address: str) -> Ended:
    try:
        return _send(given, address)
    except Exception as error:  # noqa: BLE001  a library's own words may hold the address, so its trace goes nowhere
        return Ended("refused", f"it cannot be sent as it is ({type(error).__name__})")


def _send(given: dict[str, Any], address: str) -> Ended:
    kind = given["kind"]
    if kind in ("apprise", "look"):
        from tarsd.host.in_job import (
            deliver_apprise,
        )  # 0.2 s and 25 MB, which the other kinds spare

        if kind == "look":
            return deliver_apprise.look(address)
        words = given["title"], given["body"], given["short"]
        return deliver_apprise.send(address, *words, given["level"])
    from tarsd.host.in_job import deliver_http

    if kind == "alertmanager":
        return deliver_http.alertmanager(address, given["alerts"])
    return deliver_http.ping(address)


def _address(path: Path) -> str | Ended:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return Ended("wrong", "it has no address yet")
    except (OSError, UnicodeDecodeError):
        return Ended("wrong", "the file with its address cannot be read")
    return text if text and "\n" not in text else Ended("wrong", "its address must be one line")


def _leave(receipt: Path) -> None:
    """On disk before the daemon hears of it; without a disk the daemon's word must do."""
    try:
        with receipt.open("w", encoding="utf-8") as file:
            json.dump({"sent": True}, file)
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(receipt.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError:
        return  # a disk that is full or read-only is what many messages are about


def _end_soon(*_: object) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, LAST_WORD)
