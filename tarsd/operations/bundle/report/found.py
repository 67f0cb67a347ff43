"""What the files of a bundle say, read once more after they were redacted: any of them may be missing, cut or withheld."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol, cast

from tarsd.times import moment

LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is read here; none that is needed comes near."""

Row = Mapping[str, Any]


class Facts(Protocol):
    """Of the run that made the bundle; `missing` are Gaps as JSON, redacted."""

    @property
    def name(self) -> str: ...
    @property
    def made(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def asked(self) -> Mapping[str, Any]: ...
    @property
    def collectors(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def missing(self) -> Sequence[Mapping[str, Any]]: ...


class ReportedFile(Protocol):
    """One file; without `path` it is withheld, and why."""

    @property
    def name(self) -> str: ...
    @property
    def collector(self) -> str: ...
    @property
    def path(self) -> Path | None: ...
    @property
    def size(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def redactions(self) -> Mapping[str, int]: ...
    @property
    def withheld(self) -> str | None: ...
    @property
    def truncated(self) -> str | None: ...


class Found:
    """Everything the report is made of."""

    def __init__(self, facts: Facts, files: Sequence[ReportedFile]) -> None:
        self.facts = facts
        self.files = files
        self._paths = {it.name: it.path for it in files if it.path is not None}

    def text(self, name: str) -> str:
        """A file as text; empty where it is not there."""
        path = self._paths.get(name)
        try:
            if path is None or path.stat().st_size > LARGEST:
                return ""
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def document(self, name: str) -> Row:
        """A JSON object; empty where there is none."""
        return _object(self.text(name)) or {}

    def rows(self, name: str) -> list[Row]:
        """The JSON objects of a file with one on each line, or of a JSON array."""
        text = self.text(name)
        if text.startswith("["):
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):
                return []
            return [it for it in found if isinstance(it, dict)]
        lines = (_object(line) for line in text.splitlines() if line.strip())
        return [row for row in lines if row is not None]

    def evidence(self, incident: object) -> Iterator[str]:
        """Names of the files kept of an incident."""
        place = f"incidents/evidence/{incident}/"
        return (name for name in self._paths if name.startswith(place))

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._paths

    @property
    def status(self) -> Row:
        """The daemon's own, empty where it did not answer."""
        return self.document("daemon/status.json")

    @property
    def doctor(self) -> Row:
        """What the checks found, empty where they could not be asked."""
        return self.document("doctor/doctor.json")

    @property
    def silent(self) -> bool:
        """Whether tarsd was asked and did not answer: that its status is not here may have other reasons."""
        status = ("daemon", "daemon/status.json")
        gaps = [it.get("why") for it in self.facts.missing if it.get("name") in status]
        return bool(self.doctor.get("offline")) or "failed" in gaps or "late" in gaps

    @property
    def since(self) -> datetime:
        """Nothing older was asked for."""
        return when(self.facts.asked.get("since")) or datetime.min.replace(tzinfo=timezone.utc)


_BARE = re.compile(r"(?<=[:\[,\s])(<[a-z][a-z0-9-]*:[0-9a-f]+>)(?=\s*[,\]}]|\s*$)", re.MULTILINE)
"""A mark in the place of a number, which no JSON has."""


def _object(text: str) -> Row | None:
    found = _loaded(text)
    if found is None:
        found = _loaded(_BARE.sub(r'"\1"', text))
    return cast("Row", found) if isinstance(found, dict) else None


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def when(text: object) -> datetime | None:
    """A time of one of the files; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        return moment(text)
    except ValueError:
        return None


def listed(value: object) -> list[Row]:
    """A field that should be a list of objects, whatever it is."""
    if not isinstance(value, list):
        return []
    return [cast("Row", it) for it in cast("list[object]", value) if isinstance(it, dict)]


def inner(value: object) -> Row:
    """A field that should be an object."""
    return cast("Row", value) if isinstance(value, dict) else {}


def words(value: object) -> list[str]:
    """A field that should be a list of texts."""
    return [str(it) for it in cast("list[object]", value)] if isinstance(value, list) else []
