"""Logging: structlog to the native journal under systemd, plain lines on a terminal."""

import logging
import os
import sys
import traceback
import uuid
from collections.abc import MutableMapping
from typing import Any, NoReturn

import structlog
from structlog.typing import FilteringBoundLogger

from tarsd.host.journal import Journal

_EVENTS = uuid.UUID("6f0f5d4e-8a6b-5a7b-9a35-7c3c0b2f4d1e")
_PRIORITY = {"debug": "7", "info": "6", "warning": "4", "error": "3", "critical": "2"}
_OWN = {"event", "level", "exc_info", "message"}


def message_id(event: str) -> str:
    """The MESSAGE_ID of a kind of event, the same on every machine: uuid5 of its name."""
    return uuid.uuid5(_EVENTS, event).hex


def text(event: MutableMapping[str, Any]) -> str:
    """One line for a person: the event, then its facts; a trace follows on lines of its own."""
    facts = [
        f"{key}={value}" for key, value in event.items() if key not in _OWN and value is not None
    ]
    said = str(event.get("message") or " ".join([str(event["event"]), *facts]))
    if event.get("exc_info"):
        said += "\n" + "".join(traceback.format_exception(*sys.exc_info()))
    return said


class _ToJournal:
    """A processor that ends the chain: the entry is sent, nothing is printed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> NoReturn:
        facts = {
            f"TARS_{key.upper()}": str(value)
            for key, value in event.items()
            if key not in _OWN and value is not None
        }
        self._journal.send(
            {
                "MESSAGE": text(event),
                "MESSAGE_ID": message_id(event["event"]),
                "PRIORITY": _PRIORITY[event["level"]],
                "SYSLOG_IDENTIFIER": "tarsd",
                "TARS_EVENT": str(event["event"]),
                **facts,
            }
        )
        raise structlog.DropEvent


def _to_line(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return f"{event['level']}: {text(event)}"


def configure(level: str) -> FilteringBoundLogger:
    """The logger for this process; `level` is a word of `log.level`. Called again, it changes the level."""
    under_systemd = "JOURNAL_STREAM" in os.environ and os.path.exists("/run/systemd/journal/socket")  # noqa: PTH110
    number: int = getattr(logging, level.upper())
    wrapper = structlog.make_filtering_bound_logger(number)
    if structlog.is_configured():
        structlog.configure(wrapper_class=wrapper)  # keeps the rest, the journal's socket with it
        return structlog.get_logger()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _ToJournal(Journal()) if under_systemd else _to_line,
        ],
        wrapper_class=wrapper,
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    return structlog.get_logger()
